"""Runs inside a real Blender with a window: surface maps from the panel, one step of undo, the dialog.

Environment: as in in_window.py; the backend is the fake one.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bpy
import in_window as window
import regions_in_window as regions
from in_window import call, found, job, picture


def maps() -> list[str]:
    """Our nodes that a link of the head's material leaves."""
    nodes = regions.head().material_slots[0].material.node_tree.nodes
    used = {node.name for node in nodes if any(out.is_linked for out in node.outputs)}
    return sorted(name for name in used if name.startswith("AvatarTex Map"))


def story():
    yield from window.textured()
    call(bpy.ops.avatartex.make_maps, "INVOKE_DEFAULT", maps={"normal", "roughness"})
    found["at_once"] = [job().running, maps()]
    yield 0.5
    yield from window.wait_for_job(60)
    yield 1.0
    found["made"] = maps()
    picture("maps-1-made")
    call(bpy.ops.ed.undo)
    yield 1.0
    found["undone"] = [maps(), len(regions.head().avatartex_history)]
    call(bpy.ops.ed.redo)
    yield 1.0
    found["redone"] = maps()
    yield from moved()
    call(bpy.ops.avatartex.surface_maps, "INVOKE_DEFAULT")
    yield 2.0
    picture("maps-2-dialog")
    found["finished"] = True


def moved():
    """Heights on request, and layers that the maps are no longer of; the Layers box open."""
    call(bpy.ops.avatartex.make_maps, "INVOKE_DEFAULT", maps={"normal", "displacement"})
    yield 0.5
    yield from window.wait_for_job(60)
    yield 1.0
    call(bpy.ops.avatartex.displace)
    yield 1.0
    material = regions.head().material_slots[0].material
    found["displaced"] = [material.displacement_method, "AvatarTex Map Displace" in maps()]
    call(bpy.ops.ed.undo)
    yield 1.0
    material = regions.head().material_slots[0].material
    found["flat_again"] = [material.displacement_method, "AvatarTex Map Displace" in maps()]
    call(bpy.ops.ed.redo)
    yield 1.0
    layers = regions.head().avatartex_history[-1].image.avatartex_layers
    name = next(name for name in layers.there.split(",") if name != "light")
    setattr(layers, name, 0.5)
    yield 2.0
    picture("maps-3-other-layers")


if __name__ == "__main__":
    window.play(story)
