"""The portrait in the panel: its picture, the ways to choose another, and further portraits of the same person."""

from pathlib import Path

import bpy

from ..core.idnames import Op
from ..jobs.portrait_faces import find_faces, find_icon
from ..scene.head import portrait_path
from ..scene.thumbnails import thumbnail
from .sentences import draw_sentence, say

#: Units of the interface: the preview, and each of those to choose from.
LARGE, SMALL = 8, 6


def draw_portrait(layout: bpy.types.UILayout, head: bpy.types.Object | None) -> None:
    if head is None:
        layout.operator(Op.TRY_IT, icon="USER")
        return
    settings = head.avatartex
    path = portrait_path(settings.portrait) if settings.portrait else ""
    icon = thumbnail(path) if path else 0
    if icon:
        draw_preview(layout.box(), head, icon)
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


def draw_preview(box: bpy.types.UILayout, head: bpy.types.Object, icon: int) -> None:
    """The portrait with its faces framed, once they are known; where they are several, a click chooses.

    Args:
        icon: of the file as it is.
    """
    found = find_faces(head.avatartex.portrait)
    if found and len(found.faces) > 1 and head.is_editable:
        box.template_icon_view(head.avatartex, "face", scale=LARGE, scale_popup=SMALL)
        draw_sentence(box, say("{count} faces: click the picture to choose another.", count=len(found.faces)))
        return
    box.template_icon(icon_value=find_icon(head) or icon, scale=LARGE)
    if found and not found.faces:
        draw_sentence(box, "No face is found in this picture.", icon="ERROR")


class AVATARTEX_UL_further(bpy.types.UIList):
    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0) -> None:
        there = Path(portrait_path(item.path)).is_file()
        row = layout.row()
        row.alert = not there
        row.prop(item, "path", text="", emboss=False, icon="IMAGE_DATA" if there else "ERROR")


def draw_further(layout: bpy.types.UILayout, head: bpy.types.Object, enabled: bool) -> None:
    """Below the portrait; `layout` is the panel's own, which alone can hold a part that closes."""
    header, body = layout.panel("AVATARTEX_further", default_closed=True)
    count = len(head.avatartex_further)
    header.label(text=say("Further Portraits ({count})", count=count) if count else "Further Portraits")
    if body is None:
        return
    body.enabled = enabled
    row = body.row()
    row.template_list(
        "AVATARTEX_UL_further", "", head, "avatartex_further", head, "avatartex_further_index", rows=2, type="DEFAULT"
    )
    column = row.column(align=True)
    column.operator_context = "INVOKE_DEFAULT"
    column.operator(Op.FURTHER_ADD, text="", icon="ADD")
    column.operator(Op.FURTHER_REMOVE, text="", icon="REMOVE")
    if not count:
        hint = body.column(align=True)
        hint.active, hint.scale_y = False, 0.8
        hint.label(text="The same person from left and right")
