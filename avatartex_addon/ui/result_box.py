"""What came out: the result's figures, old to new, and the way back."""

import bpy

from ..core.idnames import Op
from ..scene.hair_colour import find_hair_objects
from ..scene.history import find_shown_result, previous_result, scrambled_by
from ..scene.memory import find_copies
from ..scene.restore import can_restore, is_compared
from .sentences import draw_sentence, say


def draw_result(layout: bpy.types.UILayout, head: bpy.types.Object) -> None:
    """Of the result that the head shows."""
    entry = find_shown_result(head)
    if entry is None:
        return
    box = layout.box()
    box.label(text=say("Textured '{name}'", name=head.name), icon="CHECKMARK")
    if entry.summary:
        draw_sentence(box, entry.summary)
    for warning in entry.warnings.splitlines():
        draw_sentence(box, warning, icon="INFO")
    if "overlapping-uvs" in entry.advice:
        box.operator(Op.ADD_UV_MAP, text="Add a UV Map without Overlaps", icon="GROUP_UVS")


def draw_shading(layout: bpy.types.UILayout, context: bpy.types.Context, head: bpy.types.Object) -> None:
    """The button that makes the texture visible, where the viewport does not show it, or in another UV map."""
    shading = getattr(context.space_data, "shading", None)
    if shading is None:
        return
    if shading.type == "WIREFRAME" or (shading.type == "SOLID" and shading.color_type != "TEXTURE"):
        layout.operator(Op.SHOW_TEXTURE, icon="SHADING_TEXTURE")
    elif shading.type == "SOLID" and (name := scrambled_by(head)):
        draw_sentence(layout, say("Solid view shows the texture in another UV map than '{name}'.", name=name), "INFO")
        layout.operator(Op.SHOW_UV_MAP, icon="GROUP_UVS")


def draw_way_back(layout: bpy.types.UILayout, context: bpy.types.Context, head: bpy.types.Object) -> None:
    """Old to new, before and after, another try, and what was there."""
    draw_shading(layout, context, head)
    compared = is_compared(head)
    if copies := find_copies(head):
        names = ", ".join(f"'{copy.name}'" for copy in copies[:3])
        draw_sentence(
            layout, say("{names} shares its material, and keeps it: this one gets a copy.", names=names), "INFO"
        )
    column = layout.column(align=True)
    row = column.row()
    row.enabled = not compared and can_restore(head)
    row.prop(head.avatartex_mix, "factor", slider=True)
    column.operator(
        Op.COMPARE,
        text="Back to the Texture" if compared else "Compare with Untouched Head",
        icon="ARROW_LEFTRIGHT",
        depress=compared,
    )
    if previous_result(head) >= 0:
        column.operator(Op.PREVIOUS, icon="RECOVER_LAST")
    column.operator(Op.NEW_SEED, text="Try Another Seed", icon="FILE_REFRESH")
    row = column.row(align=True)
    row.operator_context = "INVOKE_DEFAULT"
    row.operator(Op.SAVE_TEXTURE, icon="FILE_TICK")
    row = column.row(align=True)
    row.operator_context = "INVOKE_DEFAULT"
    row.operator(Op.EXPORT_FOR, icon="EXPORT")
    if find_hair_objects(context, head):
        column.operator(Op.COLOUR_HAIR, icon="STRANDS")
    column.operator(Op.RESTORE, icon="LOOP_BACK")


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
