"""Whether a scene lights the head itself: a portrait's own light would be seen beside that."""

from __future__ import annotations

import bpy

from . import versions

#: The lamp of Blender's startup file, which nobody chose: name, kind, watts and place.
STARTUP = ("Light", "POINT", 1000.0, (4.1, 1.0, 5.9))
#: Nodes of a world that light a scene as a place would.
WORLDS = {"TEX_ENVIRONMENT", "TEX_SKY"}


def has_lights(context: bpy.types.Context) -> bool:
    """Lamps that somebody placed and that can be seen, or a world with a sky or a panorama."""
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
