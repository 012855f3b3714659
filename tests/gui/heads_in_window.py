"""Runs inside a real Blender with a window: heads of files, one after the other, as an artist by the manual does it.

Environment: as in in_window.py; AVATARTEX_HEADS: JSON list of {"name", "file" (OBJ or FBX), "portrait", "part" (share
of the height, from the top, that the view shows)}, and where the head is cut off a body without its UV maps "bust"
(share of the height that is kept).
"""

import importlib
import json
import math
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bmesh
import bpy
import in_window as window
from in_window import OUT, PACKAGE, call, found, job, view
from mathutils import Quaternion, Vector

#: Software GL compiles a material for half a minute.
COMPILING = 30.0


def addon(name):
    return importlib.import_module(f"{PACKAGE}.{name}")


def bring(entry):
    """The file's objects, as Blender's importer leaves them."""
    bpy.ops.wm.read_homefile(use_empty=True, load_ui=False)
    yield 1.0
    importer = bpy.ops.import_scene.fbx if entry["file"].endswith(".fbx") else bpy.ops.wm.obj_import
    call(importer, filepath=entry["file"])
    if "bust" in entry:
        cut_bust(entry["bust"])
    space = view()["area"].spaces.active
    space.show_region_ui, space.shading.type = True, "SOLID"
    yield 1.0
    next(region for region in view()["area"].regions if region.type == "UI").active_panel_category = "AvatarTex"


def cut_bust(share):
    """The upper share of the one mesh, at rest, alone, without UV maps."""
    thing = next(thing for thing in bpy.data.objects if thing.type == "MESH")
    placed = thing.matrix_world.copy()
    thing.modifiers.clear()
    thing.parent = None
    thing.matrix_world = placed
    for other in [other for other in bpy.data.objects if other != thing]:
        bpy.data.objects.remove(other)
    mesh = bmesh.new()
    mesh.from_mesh(thing.data)
    heights = [(placed @ vertex.co).z for vertex in mesh.verts]
    limit = max(heights) - share * (max(heights) - min(heights))
    below = [vertex for vertex, height in zip(mesh.verts, heights, strict=True) if height < limit]
    bmesh.ops.delete(mesh, geom=below, context="VERTS")
    mesh.to_mesh(thing.data)
    while thing.data.uv_layers:
        thing.data.uv_layers.remove(thing.data.uv_layers[0])
    thing.data.materials.clear()  # their normal maps lie in what is gone
    thing.select_set(True)
    bpy.context.view_layer.objects.active = thing
    call(bpy.ops.mesh.customdata_custom_splitnormals_clear)  # of the whole body


def look(part, turn):
    """From the front, turned to the person's left by degrees, at the upper part of everything."""
    corners = [
        thing.matrix_world @ Vector(corner)
        for thing in bpy.context.visible_objects
        if thing.type == "MESH"
        for corner in thing.bound_box
    ]
    low, high = (Vector([pick(corner[axis] for corner in corners) for axis in range(3)]) for pick in (min, max))
    size = (high.z - low.z) * part
    region = view()["area"].spaces.active.region_3d
    region.view_perspective = "PERSP"
    region.view_rotation = Quaternion((0, 0, 1), math.radians(turn)) @ Quaternion((1, 0, 0), math.radians(90))
    middle = Vector(((low.x + high.x) / 2, (low.y + high.y) / 2, high.z - size / 2))
    region.view_location = middle + region.view_rotation @ Vector((0.18 * size, 0, 0))
    region.view_distance = 1.9 * size


def press_what_mends(told):
    """The buttons of the list above Generate Texture."""
    preflight = addon("jobs.preflight")
    for obstacle in preflight.find_obstacles(bpy.context):
        told.append(f"{obstacle.title} {obstacle.message} [{obstacle.label}]")
        if obstacle.operator:
            space, name = obstacle.operator.split(".")
            with bpy.context.temp_override(**view()):
                getattr(getattr(bpy.ops, space), name)("INVOKE_DEFAULT", True, **obstacle.values)
            yield 2.0


def looks():
    """Slots of all meshes, and the links of their materials."""
    return [
        (thing.name, slot.name, sorted((k.from_node.name, k.to_node.name, k.to_socket.name) for k in links(slot)))
        for thing in bpy.data.objects
        if thing.type == "MESH"
        for slot in thing.material_slots
    ]


def links(slot):
    return slot.material.node_tree.links if slot.material is not None and slot.material.use_nodes else []


def texture(entry, seen):
    with bpy.context.temp_override(**view()):
        bpy.ops.avatartex.drop_portrait("INVOKE_DEFAULT", True, filepath=entry["portrait"])
    (bpy.context.scene.avatartex.head or bpy.context.view_layer.objects.active).avatartex.size = "1024"
    yield 8.0  # the backend starts and finds the face
    yield from press_what_mends(seen.setdefault("obstacles", []))
    window.picture(f"{entry['name']}-1-ready")
    started = time.monotonic()
    call(bpy.ops.avatartex.generate, "INVOKE_DEFAULT")
    yield from window.wait_for_job(200)
    if job().error_code == "low-score":
        seen["asked"] = job().error_message
        window.picture(f"{entry['name']}-2-asked")
        call(bpy.ops.avatartex.generate_anyway, "EXEC_DEFAULT")
        yield 0.5
        yield from window.wait_for_job(200)
    seen["seconds"] = round(time.monotonic() - started, 1)
    seen["error"] = [job().error_code, job().error_message]
    seen["told"] = {
        name: str(getattr(job(), name)) for name in ("summary", "warnings", "score") if hasattr(job(), name)
    }


def show(entry):
    space = view()["area"].spaces.active
    space.shading.type, space.overlay.show_overlays = "MATERIAL", False  # bones lie over a face
    look(entry["part"], 0)
    yield COMPILING
    window.picture(f"{entry['name']}-3-front")
    look(entry["part"], 40)
    yield 8.0
    window.picture(f"{entry['name']}-4-left")
    look(entry["part"], -75)
    yield 8.0
    window.picture(f"{entry['name']}-5-right")
    space.shading.type, space.overlay.show_overlays = "SOLID", True


def story():
    os.environ["AVATARTEX_BACKEND_PYTHON"] = str(Path(os.environ["AVATARTEX_ENVIRONMENT"]) / "bin/python")
    window.set_up(window.Stalls())
    bpy.context.scene.eevee.taa_samples = 4
    found["heads"] = {}
    for entry in json.loads(os.environ["AVATARTEX_HEADS"]):
        seen = found["heads"][entry["name"]] = {}
        yield from bring(entry)
        look(entry["part"], 0)
        before = looks()
        yield from texture(entry, seen)
        if not seen["error"][0]:
            yield from show(entry)
            call(bpy.ops.avatartex.restore, "INVOKE_DEFAULT")
            yield 1.0
            seen["restored"] = looks() == before
        (OUT / "found.json").write_text(json.dumps(found, indent=2))
        print(f"head {entry['name']}: {seen}", flush=True)
    found["finished"] = True


if __name__ == "__main__":
    window.play(story)
