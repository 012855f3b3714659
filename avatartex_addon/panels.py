"""What the artist sees: the AvatarTex tab in the sidebar of the 3D view."""

from __future__ import annotations

import bpy

from .backend.errors import ErrorCode
from .fixes import FIX_BUTTONS
from .layouts import draw_sentence
from .panel_further import draw_further
from .panel_portrait import draw_portrait
from .panel_preflight import draw_preflight
from .panel_progress import draw_progress
from .panel_result import draw_result, draw_way_back
from .panel_setup import draw_welcome
from .scene.head import find_head, find_uv_map
from .scene.restore import can_restore
from .texts import say


class AVATARTEX_PT_main(bpy.types.Panel):
    bl_idname = "AVATARTEX_PT_main"
    bl_label = "AvatarTex"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "AvatarTex"

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
        self.draw_head(inputs, context)
        draw_portrait(inputs, context.scene.avatartex)
        draw_further(layout, find_head(context), not working)
        options = layout.column()
        options.enabled = not working
        self.draw_options(options, context.scene.avatartex)
        if working:
            draw_progress(layout, job, manager.avatartex_batch.is_working)
            return
        draw_preflight(layout, context)
        self.draw_generate(layout)
        if job.error_code:
            self.draw_error(layout, job)
        if job.object_name and can_restore(bpy.data.objects.get(job.object_name)):  # not when it was undone
            draw_result(layout, job)
        if can_restore(head := find_head(context)):
            draw_way_back(layout, context, head)

    def draw_head(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        settings, head = context.scene.avatartex, find_head(context)
        column = layout.column()
        column.prop(
            settings, "head", text=say("Head"), icon="OUTLINER_OB_MESH", translate=False,  # no name of the artist's
            placeholder=head.name if head else say("Select a mesh"),
        )
        if head is None:
            return
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

    def draw_options(self, layout: bpy.types.UILayout, settings) -> None:
        column = layout.column()
        column.prop(settings, "style")
        column.prop(settings, "light")
        column.prop(settings, "hair")
        row = column.row()
        row.prop(settings, "size", expand=True)
        column.prop(settings, "seed")

    def draw_generate(self, layout: bpy.types.UILayout) -> None:
        row = layout.row()
        row.scale_y = 1.6
        row.operator_context = "INVOKE_DEFAULT"
        row.operator("avatartex.generate", icon="SHADERFX")

    def draw_error(self, layout: bpy.types.UILayout, job) -> None:
        box = layout.box()
        message = box.column()
        message.alert = True
        draw_sentence(message, job.error_message, icon="ERROR")
        draw_sentence(box, job.error_cure)
        if fix := FIX_BUTTONS.get(job.error_code):
            box.operator(fix[0], text=fix[1])
        if job.error_code == ErrorCode.LOW_SCORE:
            box.operator_context = "EXEC_DEFAULT"  # it was asked already
            box.operator("avatartex.generate_anyway")


CLASSES = (AVATARTEX_PT_main,)
