"""What becomes of the portrait's light: the menu, what a choice means, a question once where a scene has lights."""

from __future__ import annotations

import bpy

from ..backend.options import LIGHT
from ..core.idnames import Op
from ..operators.settle_light import LIGHT_ANSWERS
from ..scene.lights import has_lights
from .sentences import draw_sentence

#: What each choice means, short; options.LIGHT tells more.
MEANINGS = {
    "auto": "Photographs even, drawings as they are",
    "keep": "As photographed: most like the person",
    "even": "Half the light and shade taken out",
    "remove": "Plain skin, for lights of the scene",
}


def draw_light(column: bpy.types.UILayout, context: bpy.types.Context) -> None:
    settings = context.scene.avatartex
    column.row().prop(settings, LIGHT.name)
    row = column.row()
    row.active, row.alignment = False, "RIGHT"
    row.label(text=MEANINGS[settings.light])
    if settings.light_settled or settings.light != LIGHT.default or not has_lights(context):
        return
    box = column.box().column()
    draw_sentence(box, "This scene has lights of its own. Remove the portrait's light from textures?", "LIGHT")
    row = box.row(align=True)
    for light, label, _ in LIGHT_ANSWERS:
        row.operator(Op.SETTLE_LIGHT, text=label).light = light
