"""The Layers box: how much of each layer shows in the texture on the head."""

import bpy

from ..core.idnames import Op
from ..scene.displacement import is_displaced
from ..scene.history import find_layered, find_shown_result
from ..scene.kept_maps import are_of_others, kept_maps
from ..scene.layer_store import SLIDERS, prepare_layers
from ..scene.shell_object import find_opacity
from .sentences import draw_sentence


def draw_layers(layout: bpy.types.UILayout, head: bpy.types.Object) -> None:
    """Nothing where the texture has none."""
    image, shell = find_layered(head), find_opacity(head)
    if image is None:
        return
    header, box = layout.panel("AVATARTEX_layers")
    header.label(text="Layers", icon="RENDERLAYERS")
    if box is None:  # closed
        return
    prepare_layers(image)
    group, there = image.avatartex_layers, image.avatartex_layers.there.split(",")
    column = box.column(align=True)
    column.enabled = image.library is None
    if shell is not None:
        column.prop(shell, "default_value", text="Shell", slider=True)
    for name in reversed(SLIDERS):  # the uppermost first, as in paint programs
        if name in there:
            column.prop(group, name, slider=True)
    if group.painted:
        draw_sentence(box, "The texture was painted on, and a slider would lose that.", icon="ERROR")
        column = box.column(align=True)  # side by side the names would be cut off
        column.operator(Op.KEEP_PAINT, icon="BRUSH_DATA")
        column.operator(Op.FLATTEN_ANYWAY, icon="RENDERLAYERS")
    row = box.row(align=True)
    row.operator(Op.RESET_LAYERS, icon="LOOP_BACK")
    row.operator_context = "INVOKE_DEFAULT"
    row.operator(Op.SAVE_LAYERS, icon="FILE_TICK")
    row = box.row()
    row.operator_context = "INVOKE_DEFAULT"
    row.operator(Op.SURFACE_MAPS, icon="NODE_TEXTURE")
    draw_maps(box, head)
    if {"hair", "facial_hair"} & {*there}:
        row = box.row()
        row.operator_context = "INVOKE_DEFAULT"
        row.operator(Op.HAIR_CURVES, icon="CURVES_DATA")


def draw_maps(layout: bpy.types.UILayout, head: bpy.types.Object) -> None:
    """What can be done with the maps that the shown result keeps."""
    entry = find_shown_result(head)
    maps = kept_maps(entry) if entry is not None else {}
    if maps and are_of_others(entry):
        draw_sentence(layout, "The surface maps are of other layers.", icon="INFO")
        layout.operator(Op.MAKE_MAPS, text="Update Surface Maps", icon="FILE_REFRESH").maps = set(maps)
    if "displacement" in maps:
        layout.operator(Op.DISPLACE, icon="MOD_DISPLACE", depress=is_displaced(head))
