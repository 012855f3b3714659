"""What becomes of the portrait's light: the menu, what a choice means, a question once where a scene has lights."""

import bpy

from ..backend.options import LIGHT
from ..scene import versions
from .sentences import draw_sentence

#: What each choice means, short; options.LIGHT says more.
MEANINGS = {
    "auto": "Photos evened out, drawings kept",
    "keep": "As photographed: most like the person",
    "even": "Half the light and shade taken out",
    "remove": "Plain skin, for lights of the scene",
}


def draw_light(column: bpy.types.UILayout, context: bpy.types.Context, settings) -> None:
    column.row().prop(settings, LIGHT.name)
    row = column.row()
    row.active, row.alignment = False, "RIGHT"
    row.label(text=MEANINGS[settings.light])
    if settings.light_settled or settings.light != LIGHT.default or not has_lights(context):
        return
    box = column.box().column()
    draw_sentence(box, "This scene has lights of its own. Remove the portrait's light from textures?", "LIGHT")
    row = box.row(align=True)
    row.prop_enum(settings, LIGHT.name, "remove", text="Remove It")
    row.prop_enum(settings, LIGHT.name, "keep", text="Keep It")


#: The lamp of Blender's startup file, which nobody chose: name, kind, watts and place.
STARTUP = ("Light", "POINT", 1000.0, (4.1, 1.0, 5.9))
#: Nodes of a world that light a scene as a place would.
WORLDS = {"TEX_ENVIRONMENT", "TEX_SKY"}


def has_lights(context: bpy.types.Context) -> bool:
    """Lamps that somebody placed and that are visible, or a world with a sky or a panorama."""
    world = context.scene.world
    if world is not None and versions.has_nodes(world) and any(node.type in WORLDS for node in world.node_tree.nodes):
        return True
    return bool(bpy.data.lights) and any(
        thing.type == "LIGHT" and thing.visible_get() and describe_lamp(thing) != STARTUP
        for thing in context.view_layer.objects
    )


def describe_lamp(lamp: bpy.types.Object) -> tuple:
    place = tuple(round(value, 1) for value in lamp.location)
    return lamp.name, lamp.data.type, round(lamp.data.energy, 1), place
