"""Runs inside a real Blender with a window: two heads with a portrait each, a duplicate, and regions from Edit Mode.

Environment: as in in_window.py.
"""

import json
import os
import shutil
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bpy
import in_window as window
from in_window import OUT, call, found, job, picture, view


def activate(head):
    for thing in bpy.context.view_layer.objects:
        thing.select_set(thing == head)
    bpy.context.view_layer.objects.active = head
    view()["area"].tag_redraw()


def drop(path):
    with bpy.context.temp_override(**view()):
        bpy.ops.avatartex.drop_portrait("EXEC_DEFAULT", True, filepath=str(path))


def run(operator, **values):
    call(operator, "INVOKE_DEFAULT", **values)
    yield 0.3
    yield from window.wait_for_job(60)
    yield 0.5


def asked():
    return Path(json.loads(Path(job().report_path).read_text())["request"]["portrait"]).name


def story():
    window.set_up(window.Stalls())
    window.fake_python()
    window.backend("", "1")
    yield 1.0
    region = next(r for r in view()["area"].regions if r.type == "UI")
    region.active_panel_category = "AvatarTex"
    first = bpy.data.objects["Head"]
    second = first.copy()
    second.data, second.name = first.data.copy(), "Second"
    second.data.materials.clear()
    second.location.x = 2.5
    bpy.context.scene.collection.objects.link(second)
    call(bpy.ops.view3d.view_all)
    for head, name in ((first, "first.png"), (second, "second.png")):
        activate(head)
        drop(shutil.copy(os.environ["AVATARTEX_PORTRAIT"], OUT / name))
        yield from run(bpy.ops.avatartex.generate)
    picture("heads-1-second")
    activate(first)
    yield 1.0
    picture("heads-2-first")
    yield from run(bpy.ops.avatartex.new_seed)
    found["asked"] = [asked(), len(first.avatartex_history), len(second.avatartex_history)]
    call(bpy.ops.object.duplicate)
    copy = bpy.context.view_layer.objects.active
    copy.location.x = -2.5
    yield 1.0
    picture("heads-3-duplicate")
    material = first.material_slots[0].material
    links = len(material.node_tree.links)
    call(bpy.ops.avatartex.restore, "INVOKE_DEFAULT")
    yield 1.0
    picture("heads-4-untouched")
    found["alone"] = [copy.material_slots[0].material != material, len(material.node_tree.links) == links]
    activate(second)
    call(bpy.ops.object.mode_set, mode="EDIT")
    call(bpy.ops.mesh.select_all, action="SELECT")
    with bpy.context.temp_override(**view()):
        bpy.ops.avatartex.regions_fill("INVOKE_DEFAULT", kind="REDO", source="SELECTED")
    until = time.monotonic() + 30  # it is filled on a thread
    while second.avatartex_regions.mask is None and time.monotonic() < until:
        yield 0.2
    mask = second.avatartex_regions.mask
    found["red"] = mask is not None and max(list(mask.pixels)[0::4])
    picture("heads-5-edit-mode")
    yield from run(bpy.ops.avatartex.redo_regions)
    found["redone"] = [second.mode, second.avatartex_history[-1].redone, job().error_message]
    found["finished"] = True


if __name__ == "__main__":
    window.play(story)
