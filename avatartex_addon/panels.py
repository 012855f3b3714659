"""What the artist sees: the AvatarTex tab in the sidebar of the 3D view."""

from __future__ import annotations

import textwrap

import bpy

from .backend.errors import ErrorCode
from .panel_setup import draw_welcome
from .scene.head import find_head, find_mesh_problem, find_problem, find_uv_map, portrait_path
from .scene.restore import can_restore
from .scene.thumbnails import thumbnail

#: The button beside an error, where one exists: operator and label.
FIX_BUTTONS = {
    ErrorCode.BACKEND_MISSING: ("avatartex.check_setup", "Set Up Backend"),
    ErrorCode.PORTRAIT_MISSING: ("avatartex.pick_portrait", "Pick a Portrait"),
    ErrorCode.PORTRAIT_UNREADABLE: ("avatartex.pick_portrait", "Pick Another Portrait"),
    ErrorCode.PORTRAIT_TOO_LARGE: ("avatartex.pick_portrait", "Pick Another Portrait"),
    ErrorCode.NO_FACE_IN_PORTRAIT: ("avatartex.show_registration", "Show Points to Drag"),
    ErrorCode.NO_FACE_ON_HEAD: ("avatartex.show_registration", "Show Points to Drag"),
    ErrorCode.LOW_SCORE: ("avatartex.show_registration", "Show Registration"),
    ErrorCode.NO_UVS: ("avatartex.add_uv_map", "Add a UV Map"),
    ErrorCode.BACKEND_DIED: ("avatartex.open_log", "Open Log Folder"),
    ErrorCode.INTERNAL: ("avatartex.open_log", "Open Log Folder"),
}

#: Pixels of an average letter at scale 1, and of what stands left and right of the text.
LETTER, MARGIN = 6.4, 62


def draw_sentence(layout: bpy.types.UILayout, text: str, icon: str = "BLANK1", width: int = 260) -> None:
    """A sentence over as many lines as the panel's width asks for."""
    region, scale = bpy.context.region, bpy.context.preferences.system.ui_scale
    if region is not None and region.type == "UI":
        width = region.width / scale
    column = layout.column(align=True)
    column.scale_y = 0.8
    for line in textwrap.wrap(text, max(16, int((width - MARGIN) / LETTER))):
        column.label(text=line, icon=icon)
        icon = "BLANK1"


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
        self.draw_portrait(inputs, context.scene.avatartex)
        self.draw_options(inputs, context.scene.avatartex)
        if working:
            self.draw_progress(layout, job)
            return
        self.draw_generate(layout, context)
        if job.error_code:
            self.draw_error(layout, job)
        if job.object_name and can_restore(bpy.data.objects.get(job.object_name)):  # not when it was undone
            self.draw_result(layout, context, job)
        if can_restore(find_head(context)):
            layout.operator("avatartex.restore", icon="LOOP_BACK")

    def draw_head(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        settings, head = context.scene.avatartex, find_head(context)
        column = layout.column()
        column.prop(settings, "head", icon="OUTLINER_OB_MESH", placeholder=head.name if head else "Select a mesh")
        if head is None:
            return
        if head.data.uv_layers:
            column.prop_search(settings, "uv_map", head.data, "uv_layers", icon="GROUP_UVS")
        if head.data.uv_layers and not settings.uv_map:
            row = column.row()
            row.active = False
            row.alignment = "RIGHT"
            row.label(text=f"uses '{find_uv_map(head, '')}'")
        if head.vertex_groups:
            column.prop_search(settings, "head_group", head, "vertex_groups", icon="GROUP_VERTEX")
        if head.mode == "EDIT" or settings.selected_faces:
            column.prop(settings, "selected_faces")
        if problem := find_mesh_problem(head, settings.uv_map):
            message = column.column()
            message.alert = True
            draw_sentence(message, f"{problem.message} {problem.cure}", icon="ERROR")
            if problem.code is ErrorCode.NO_UVS:
                column.operator(*FIX_BUTTONS[ErrorCode.NO_UVS][:1], text=FIX_BUTTONS[ErrorCode.NO_UVS][1])

    def draw_portrait(self, layout: bpy.types.UILayout, settings) -> None:
        path = portrait_path(settings.portrait) if settings.portrait else ""
        icon = thumbnail(path) if path else 0
        if icon:
            layout.box().template_icon(icon_value=icon, scale=8)
        if settings.portrait:
            layout.prop(settings, "portrait")
            if not icon:
                row = layout.column()
                row.alert = True
                draw_sentence(row, "This file is not there any more. Choose the picture again.", icon="ERROR")
        else:
            row = layout.row()
            row.scale_y = 1.3
            row.operator("avatartex.pick_portrait", icon="FILE_IMAGE")

    def draw_options(self, layout: bpy.types.UILayout, settings) -> None:
        column = layout.column()
        column.prop(settings, "style")
        column.prop(settings, "light")
        row = column.row()
        row.prop(settings, "size", expand=True)
        column.prop(settings, "seed")

    def draw_generate(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        row = layout.row()
        row.scale_y = 1.6
        row.operator_context = "INVOKE_DEFAULT"
        row.operator("avatartex.generate", icon="SHADERFX")
        problem = find_problem(context)
        if problem is not None and find_head(context) is None:  # problems of a head stand beside it
            draw_sentence(layout, f"{problem.message} {problem.cure}", icon="INFO")

    def draw_progress(self, layout: bpy.types.UILayout, job) -> None:
        column = layout.column(align=True)
        text = "Cancelling" if job.cancelling else job.stage or "Batch"
        row = column.row()
        row.scale_y = 1.3
        row.progress(text=f"{text}  {job.fraction:.0%}" if job.fraction else text, factor=job.fraction)
        column.operator("avatartex.cancel", icon="CANCEL")

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

    def draw_result(self, layout: bpy.types.UILayout, context: bpy.types.Context, job) -> None:
        box = layout.box()
        box.label(text=f"Textured '{job.object_name}'", icon="CHECKMARK")
        if job.summary:
            draw_sentence(box, job.summary)
        for warning in job.warnings.splitlines():
            draw_sentence(box, warning, icon="INFO")
        if "overlapping-uvs" in job.advice:
            box.operator("avatartex.add_uv_map", text="Add a UV Map without Overlaps", icon="GROUP_UVS")
        shading = getattr(context.space_data, "shading", None)
        if shading is not None and shading.type == "SOLID" and shading.color_type != "TEXTURE":
            show = box.operator("wm.context_set_enum", text="Show in Material Preview", icon="SHADING_TEXTURE")
            show.data_path, show.value = "space_data.shading.type", "MATERIAL"


CLASSES = (AVATARTEX_PT_main,)
