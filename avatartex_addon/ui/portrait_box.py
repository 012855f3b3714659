"""The portrait in the panel: its picture, and the ways to choose another."""

from __future__ import annotations

import bpy

from ..core.idnames import Op
from ..scene.head import portrait_path
from ..scene.thumbnails import thumbnail


def draw_portrait(layout: bpy.types.UILayout, settings) -> None:
    path = portrait_path(settings.portrait) if settings.portrait else ""
    icon = thumbnail(path) if path else 0
    if icon:
        layout.box().template_icon(icon_value=icon, scale=8)
    if settings.portrait:
        row = layout.row(align=True)
        row.alert, row.use_property_split = not icon, False  # the whole width: names are long
        row.prop(settings, "portrait", text="")
        row.operator(Op.USE_IMAGE, text="", icon="IMAGE_DATA")
        row.operator(Op.PASTE_PORTRAIT, text="", icon="PASTEDOWN")
        return
    layout.operator(Op.TRY_IT, icon="USER")
    row = layout.row(align=True)
    row.scale_y = 1.3
    row.operator_context = "INVOKE_DEFAULT"
    row.operator(Op.PICK_PORTRAIT, icon="FILE_IMAGE")
    row.operator(Op.USE_IMAGE, text="", icon="IMAGE_DATA")
    row.operator(Op.PASTE_PORTRAIT, text="", icon="PASTEDOWN")
    hint = layout.row()
    hint.active, hint.alignment = False, "CENTER"
    hint.label(text="or drop a picture onto the head")
