"""Expression maps in the main panel, where what came out is."""

from __future__ import annotations

import bpy

from ..core.idnames import Op


def draw_expressions(layout: bpy.types.UILayout, head: bpy.types.Object) -> None:
    """The button; and how strong the maps are, where the head has some. Nothing for a head without shape keys."""
    if head.data.shape_keys is None:
        return
    column = layout.column(align=True)
    row = column.row(align=True)
    row.operator_context = "INVOKE_DEFAULT"
    row.operator(Op.ADD_EXPRESSIONS, icon="SHAPEKEY_DATA")
    maps = head.avatartex_expressions
    if maps.group is not None:
        row.operator(Op.REMOVE_EXPRESSIONS, text="", icon="X")
        column.prop(maps, "folds", slider=True)
        column.prop(maps, "blood", slider=True)
