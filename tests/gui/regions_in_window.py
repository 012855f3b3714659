"""Runs inside a real Blender with a window: looks at the provenance, paints a cheek with the mouse, redoes it, undoes.

Environment as for in_window.py.
"""

import hashlib
import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bpy
from in_window import (
    PACKAGE,
    REAL,
    Stalls,
    backend,
    call,
    fake_python,
    found,
    picture,
    play,
    set_up,
    view,
    wait_for_job,
)


def xdo(*words):
    subprocess.run(["xdotool", *map(str, words)], check=False)


def head():
    return bpy.data.objects["Head"]


def overlay():
    return bpy.context.window_manager.avatartex_overlay


def redraw():
    for area in view()["screen"].areas:
        area.tag_redraw()


def data():
    """What undo after a redo has to bring back."""
    return json.dumps(
        [
            sorted(
                (image.name, image.users, hashlib.sha256(image.packed_file.data).hexdigest())
                for image in bpy.data.images
                if image.packed_file
            ),
            [(entry.seed, entry.image.name, entry.provenance.name, entry.redone) for entry in head().avatartex_history],
            [slot.material.name for slot in head().material_slots],
            sorted(
                node.image.name
                for slot in head().material_slots
                for node in slot.material.node_tree.nodes
                if getattr(node, "image", None)
            ),
            head().mode,
        ]
    )


def settings():
    """What painting may not leave changed."""
    tools, space = bpy.context.scene.tool_settings, view()["area"].spaces.active
    unified = getattr(tools.image_paint, "unified_paint_settings", None) or tools.unified_paint_settings
    return [
        head().mode,
        tools.image_paint.mode,
        str(tools.image_paint.canvas),
        unified.use_unified_color,
        [round(v, 4) for v in unified.color],
        space.shading.type,
    ]


def stroke(points):
    """Drag the brush along shares of the view, from its lower left."""
    region = view()["region"]
    height = view()["window"].height
    places = [(round(region.x + u * region.width), round(height - region.y - v * region.height)) for u, v in points]
    xdo("mousemove", *places[0])
    yield 0.3
    xdo("mousedown", 1)
    yield 0.3
    for place in places[1:]:
        xdo("mousemove", *place)
        yield 0.25
    xdo("mouseup", 1)
    yield 0.5


def ensure_brush():
    """Some builds come without the brushes of Blender's own asset library."""
    if bpy.context.scene.tool_settings.image_paint.brush is None:
        bpy.data.brushes.new("Round", mode="TEXTURE_PAINT").asset_mark()
        call(bpy.ops.brush.asset_activate, asset_library_type="LOCAL", relative_asset_identifier="Brush/Round")
    found["brush"] = str(bpy.context.scene.tool_settings.image_paint.brush)


def red():
    import numpy as np

    mask = head().avatartex_regions.mask
    pixels = np.empty(len(mask.pixels), np.float32)
    mask.pixels.foreach_get(pixels)
    return int((pixels[::4] > 0.5).sum())


def painted():
    """The mask by its file's bytes."""
    return hashlib.sha256(head().avatartex_regions.mask.packed_file.data).hexdigest()


def frame(scale):
    call(bpy.ops.view3d.view_axis, type="FRONT")
    call(bpy.ops.view3d.view_selected)
    view()["area"].spaces.active.region_3d.view_distance *= scale


def clock_drawing():
    """From the handler's first step up to the shader: the mesh, when it is read."""
    module = importlib.import_module(f"{PACKAGE}.scene.overlay")
    times, begun = found.setdefault("draw_ms", []), [0.0]
    find_picture, find_shader = module.find_picture, module.find_shader

    def timed(context):
        begun[0] = time.thread_time()
        return find_picture(context)

    def shader():
        times.append(round((time.thread_time() - begun[0]) * 1000, 2))
        return find_shader()

    module.find_picture, module.find_shader = timed, shader


def story():
    real_python = os.environ.pop("AVATARTEX_BACKEND_PYTHON", "")
    set_up(Stalls())
    if REAL:
        os.environ["AVATARTEX_BACKEND_PYTHON"] = real_python
    else:
        fake_python()
        backend("", "1")
    yield 1.0
    region = next(r for r in view()["area"].regions if r.type == "UI")
    region.active_panel_category = "AvatarTex"
    own = head().avatartex
    own.portrait, own.size = os.environ["AVATARTEX_PORTRAIT"], "1024"
    head().select_set(True)
    call(bpy.ops.ed.undo_push, message="Portrait")
    call(bpy.ops.avatartex.generate, "INVOKE_DEFAULT")
    yield from wait_for_job(300)
    yield 1.0
    found["error"] = [bpy.context.window_manager.avatartex_job.error_message]
    clock_drawing()
    panels = importlib.import_module(f"{PACKAGE}.ui.main_panel")
    bpy.utils.unregister_class(panels.AVATARTEX_PT_main)  # so that the Regions panel is in the picture
    regions = importlib.import_module(f"{PACKAGE}.ui.regions_panel").AVATARTEX_PT_regions
    bpy.utils.unregister_class(regions)
    regions.bl_options = set()
    del importlib.import_module(f"{PACKAGE}.ui.sidebar").ClosedPanel.bl_parent_id  # it stands by itself
    bpy.utils.register_class(regions)
    frame(0.8)
    view()["area"].spaces.active.shading.type = "MATERIAL"
    yield 8.0
    picture("1-texture")
    overlay().show_provenance = True
    yield 3.0
    picture("2-provenance")
    call(bpy.ops.view3d.view_orbit, angle=0.9, type="ORBITLEFT")
    yield 3.0
    picture("3-provenance-side")
    view()["area"].spaces.active.shading.type = "SOLID"
    yield 2.0
    picture("4-provenance-solid")
    overlay().show_provenance = False
    frame(0.8)
    yield 1.0
    before = settings()
    call(bpy.ops.avatartex.regions_paint, "INVOKE_DEFAULT", kind="REDO")
    ensure_brush()
    unified = getattr(bpy.context.scene.tool_settings, "unified_paint_settings", None)
    if unified is not None:
        unified.size = 22
    yield 8.0
    picture("5-painting")
    found["red_before"] = red()
    yield from stroke([(0.44, 0.44), (0.45, 0.43), (0.46, 0.42), (0.455, 0.40)])
    yield 2.0
    found["red"] = red()
    picture("6-painted")
    call(bpy.ops.avatartex.regions_done, "INVOKE_DEFAULT")
    yield 1.0
    found["settings_back"] = settings() == before or [before, settings()]
    view()["area"].spaces.active.shading.type = "MATERIAL"
    yield 5.0
    picture("7-done")
    call(bpy.ops.ed.undo_push, message="Done Painting")  # a script's call of an operator pushes none
    start = data()
    call(bpy.ops.avatartex.redo_regions, "INVOKE_DEFAULT", seed=3)
    yield from wait_for_job(300)
    yield 1.0
    found["redo_error"] = bpy.context.window_manager.avatartex_job.error_message
    overlay().show_regions = False
    yield 6.0
    picture("8-redone")
    found["redo_changed"] = data() != start
    overlay().show_provenance = True
    yield 3.0
    picture("9-redone-provenance")
    call(bpy.ops.ed.undo)
    yield 1.0
    found["undo_restores"] = data() == start or [start, data()]
    overlay().show_provenance = True
    redraw()
    yield 3.0
    picture("10-undone")
    view()["area"].spaces.active.shading.type = "SOLID"
    before = painted()
    call(bpy.ops.avatartex.regions_fill, "INVOKE_DEFAULT", kind="REDO", source="GENERATED")
    found["fill_waits"] = painted() == before
    until = time.monotonic() + 30
    while painted() == before and time.monotonic() < until:
        yield 0.05
    yield 1.0
    found["filled"] = red()
    call(bpy.ops.ed.undo)
    yield 0.5
    found["fill_undo"] = painted() == before
    found["finished"] = True


if __name__ == "__main__":
    play(story)
