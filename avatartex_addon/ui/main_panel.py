"""The main panel: the AvatarTex tab in the sidebar of the 3D view."""

import bpy

from ..backend.errors import ErrorCode
from ..backend.options import APPEARANCE, LIGHT, PROFILE, SIZE, WAY
from ..core.idnames import Op
from ..scene.head import find_head, find_uv_map
from ..scene.history import find_shown_result
from ..scene.restore import can_restore
from .layers_box import draw_layers
from .light_box import draw_light
from .obstacle_list import draw_preflight
from .portrait_box import draw_further, draw_portrait
from .progress import draw_progress
from .result_box import draw_expressions, draw_result, draw_way_back
from .sentences import draw_refusal, say
from .setup_box import draw_welcome
from .sidebar import SidebarPanel


class AVATARTEX_PT_main(SidebarPanel, bpy.types.Panel):
    page = "texture_a_head"
    bl_label = "AvatarTex"

    def draw(self, context: bpy.types.Context) -> None:
        layout, manager = self.layout, context.window_manager
        layout.use_property_split = True
        layout.use_property_decorate = False
        job = manager.avatartex_job
        if not job.running:
            draw_welcome(layout)
        inputs = layout.column()
        working = job.running or manager.avatartex_batch.is_working  # between two of a batch no job runs
        inputs.enabled = not working
        head = find_head(context)
        self.draw_head(inputs, context, head)
        draw_portrait(inputs, head)
        if head is not None:
            draw_further(layout, head, not working)
            options = layout.column()
            options.enabled = not working
            self.draw_options(options, context, head.avatartex)
        if working:
            draw_progress(layout, job, manager.avatartex_batch.is_working)
            return
        draw_preflight(layout, context)
        self.draw_generate(layout)
        if job.error_code and (head is None or job.object_name in ("", head.name)):
            self.draw_error(layout, job)
        if head is not None and (can_restore(head) or find_shown_result(head) is not None):
            draw_result(layout, head)
            draw_layers(layout, head)
            draw_way_back(layout, context, head)
            draw_expressions(layout, head)

    def draw_head(self, layout: bpy.types.UILayout, context: bpy.types.Context, head: bpy.types.Object | None) -> None:
        column = layout.column()
        column.prop(
            context.scene.avatartex,
            "head",
            text=say("Head"),
            icon="OUTLINER_OB_MESH",
            translate=False,  # no name of the artist's
            placeholder=head.name if head else say("Select a mesh"),
        )
        if head is None:
            return
        settings = head.avatartex
        if head.data.uv_layers:
            column.prop_search(settings, "uv_map", head.data, "uv_layers", icon="GROUP_UVS")
        if head.data.uv_layers and not settings.uv_map:
            row = column.row()
            row.active = False
            row.alignment = "RIGHT"
            row.label(text=say("uses '{name}'", name=find_uv_map(head, "")))
        if head.vertex_groups:
            column.prop_search(settings, "head_group", head, "vertex_groups", icon="GROUP_VERTEX")
        if head.mode == "EDIT" or settings.selected_faces:
            column.prop(settings, "selected_faces")

    def draw_options(self, layout: bpy.types.UILayout, context: bpy.types.Context, settings) -> None:
        column = layout.column()
        for option in APPEARANCE:
            if option is LIGHT:
                draw_light(column, context, settings)
            elif option is not WAY or settings.profile != PROFILE.default:
                column.row().prop(settings, option.name, expand=option is SIZE)

    def draw_generate(self, layout: bpy.types.UILayout) -> None:
        row = layout.row()
        row.scale_y = 1.6
        row.operator_context = "INVOKE_DEFAULT"
        row.operator(Op.GENERATE, icon="SHADERFX")

    def draw_error(self, layout: bpy.types.UILayout, job) -> None:
        box = layout.box()
        draw_refusal(box, job.error_message, job.error_cure, job.error_code)
        if job.error_code == ErrorCode.LOW_SCORE:
            box.operator_context = "EXEC_DEFAULT"  # it was asked already
            box.operator(Op.GENERATE_ANYWAY)
