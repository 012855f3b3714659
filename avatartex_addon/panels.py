"""The sidebar tab: what to texture, from what, how; then the progress, the result, or the error with its cure."""

from __future__ import annotations

import os
import textwrap

import bpy
import bpy.utils.previews

from . import session
from .backend.errors import ErrorCode
from .properties import find_head
from .scene.apply import PREVIOUS

_previews = None
#: Operator that mends an error: code -> (idname, icon).
FIXES = {
    ErrorCode.BACKEND_MISSING: ("avatartex.setup_backend", "IMPORT"),
    ErrorCode.PORTRAIT_MISSING: ("avatartex.pick_portrait", "FILE_IMAGE"),
    ErrorCode.PORTRAIT_UNREADABLE: ("avatartex.pick_portrait", "FILE_IMAGE"),
    ErrorCode.PORTRAIT_TOO_LARGE: ("avatartex.pick_portrait", "FILE_IMAGE"),
    ErrorCode.NO_FACE_IN_PORTRAIT: ("avatartex.pick_portrait", "FILE_IMAGE"),
    ErrorCode.BACKEND_DIED: ("avatartex.generate", "FILE_REFRESH"),
}


def load_previews():
    global _previews
    _previews = bpy.utils.previews.new()


def free_previews():
    global _previews
    if _previews is not None:
        bpy.utils.previews.remove(_previews)
        _previews = None


def thumbnail(path: str) -> int:
    """Icon of a picture; loaded once per path and change. 0 when there is none."""
    path = bpy.path.abspath(path)
    try:
        key = f"{path}:{os.stat(path).st_mtime_ns}"
    except OSError:
        return 0
    if key not in _previews:
        _previews.load(key, path, "IMAGE")
    return _previews[key].icon_id


class AVATARTEX_PT_main(bpy.types.Panel):
    bl_label = "AvatarTex"
    bl_idname = "AVATARTEX_PT_main"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "AvatarTex"

    def draw(self, context):
        layout, settings = self.layout, context.scene.avatartex
        job = context.window_manager.avatartex_job
        layout.use_property_split = True
        layout.use_property_decorate = False
        head = find_head(context)
        body = layout.column()
        body.enabled = not job.running

        body.prop(settings, "head", text="Head", placeholder=head.name if head else "")
        if head is not None and head.data.uv_layers:
            active = head.data.uv_layers.active
            body.prop_search(settings, "uv_map", head.data, "uv_layers", text="UV Map", icon="GROUP_UVS",
                             results_are_suggestions=False) if settings.uv_map or active is None else \
                body.prop_search(settings, "uv_map", head.data, "uv_layers", text="UV Map", icon="GROUP_UVS")
        body.separator()
        self._draw_portrait(body, settings)
        body.separator()
        body.prop(settings, "style")
        body.prop(settings, "size")
        body.prop(settings, "seed")
        layout.separator()

        if job.running:
            layout.progress(factor=job.fraction, text=f"{job.stage}  {job.fraction:.0%}")
            layout.operator("avatartex.cancel", icon="CANCEL")
            return
        row = layout.row()
        row.scale_y = 1.6
        row.operator("avatartex.generate", icon="SHADING_TEXTURE")
        if head is not None and PREVIOUS in head:
            layout.operator("avatartex.restore", icon="LOOP_BACK")
        self._draw_outcome(context, layout, job)

    def _draw_portrait(self, layout, settings):
        icon = thumbnail(settings.portrait) if settings.portrait else 0
        if icon:
            box = layout.box()
            box.template_icon(icon_value=icon, scale=7.0)
        layout.prop(settings, "portrait", text="Portrait")

    def _draw_outcome(self, context, layout, job):
        if job.error_code:
            box = layout.box()
            draw_text(context, box, job.error_message, "ERROR")
            draw_text(context, box, job.error_cure)
            fix = FIXES.get(job.error_code)
            if fix:
                box.operator(fix[0], icon=fix[1], text="Try Again" if fix[0] == "avatartex.generate" else None)
            return
        if not session.backend_python():
            box = layout.box()
            draw_text(context, box, "The backend is not set up yet.", "INFO")
            box.operator("avatartex.setup_backend", icon="IMPORT")
        if job.note:
            draw_text(context, layout, job.note, "INFO")
        if job.summary:
            draw_text(context, layout, job.summary, "CHECKMARK")
            if context.space_data and context.space_data.shading.type == "SOLID" \
                    and context.space_data.shading.color_type != "TEXTURE":
                button = layout.operator("wm.context_set_enum", text="Show in Material Preview", icon="SHADING_RENDERED")
                button.data_path, button.value = "space_data.shading.type", "MATERIAL"


def draw_text(context, layout, text: str, icon: str = "NONE") -> None:
    """A sentence over as many lines as the sidebar's width asks for."""
    scale = context.preferences.system.ui_scale
    width = max(20, int((context.region.width if context.region else 240) / (7.5 * scale)) - 6)
    column = layout.column(align=True)
    for i, part in enumerate(textwrap.wrap(text, width)):
        column.label(text=part, icon=icon if i == 0 else "BLANK1" if icon != "NONE" else "NONE")


CLASSES = (AVATARTEX_PT_main,)
