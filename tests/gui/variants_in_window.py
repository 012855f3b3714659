"""Runs inside a real Blender with a window: bakes a set of variants, switches, undoes; a picture of each step.

Environment: as in_window.py.
"""

import importlib
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bpy
import in_window as window
from in_window import PACKAGE, REAL, call, found, job, picture, snapshot, view


def unfold():
    """The panel open and first, before it is drawn for the first time."""
    cls = importlib.import_module(f"{PACKAGE}.ui.variants_panel").AVATARTEX_PT_variants
    bpy.utils.unregister_class(cls)
    cls.bl_options, cls.bl_order = set(), 0
    bpy.utils.register_class(cls)
    window.clock(importlib.import_module(f"{PACKAGE}.jobs.variant_bake"), "apply", "VariantBake")


def head():
    return bpy.data.objects["Head"]


def story():
    stalls = window.Stalls()
    python = os.environ.pop("AVATARTEX_BACKEND_PYTHON", "")
    window.set_up(stalls)
    unfold()
    yield 2.0
    if REAL:
        os.environ["AVATARTEX_BACKEND_PYTHON"] = python
    else:
        window.fake_python()
        window.backend("slow", "2")
    settings, bpy.context.scene.avatartex.head = bpy.context.scene.avatartex_variants, head()
    head().avatartex.portrait = os.environ["AVATARTEX_PORTRAIT"]
    settings.styles, settings.size = {"cel", "anime", "ink", "oil", "pencil"}, "512"
    view()["area"].spaces.active.shading.color_type = "TEXTURE"  # software GL compiles materials for minutes
    region = next(r for r in view()["area"].regions if r.type == "UI")
    region.active_panel_category = "AvatarTex"
    region.tag_redraw()
    call(bpy.ops.ed.undo_push, message="Set up")
    yield 3.0
    picture("1-panel")
    before = snapshot()
    stalls.reset()
    call(bpy.ops.avatartex.variants_bake, "INVOKE_DEFAULT")
    until, pictured = time.monotonic() + 600, False
    while job().running and time.monotonic() < until:
        if not pictured and job().stage.startswith("Painting"):
            pictured = True
            yield 0.3
            picture("2-painting")
        yield 0.05
    yield 1.0
    stalls.note("bake")
    yield 2.0
    picture("3-baked")
    found["error"], found["names"] = job().error_message, [entry.name for entry in head().avatartex_variants]
    found["stays"] = head().material_slots[0].material.name
    stalls.reset()
    call(bpy.ops.avatartex.variant_show, index=2)
    yield 4.0
    stalls.note("switch")
    picture("4-shown")
    found["shown"] = head().material_slots[0].material.name
    call(bpy.ops.ed.undo)
    yield 1.0
    found["undone"] = head().material_slots[0].material.name
    call(bpy.ops.ed.undo)
    yield 1.0
    found["all_undone"] = snapshot() == before and not len(head().avatartex_variants)
    found["finished"] = True


if __name__ == "__main__":
    window.play(story)
