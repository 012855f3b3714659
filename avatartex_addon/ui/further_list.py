"""Further portraits in the panel: a list that is closed until it is asked for."""

from pathlib import Path

import bpy

from ..core.idnames import Op
from ..scene.head import portrait_path
from .sentences import say


class AVATARTEX_UL_further(bpy.types.UIList):
    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0) -> None:
        there = Path(portrait_path(item.path)).is_file()
        row = layout.row()
        row.alert = not there
        row.prop(item, "path", text="", emboss=False, icon="IMAGE_DATA" if there else "ERROR")


def draw_further(layout: bpy.types.UILayout, head: bpy.types.Object | None, enabled: bool) -> None:
    """Below the portrait; `layout` is the panel's own, which alone can hold a part that closes."""
    if head is None:
        return
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
