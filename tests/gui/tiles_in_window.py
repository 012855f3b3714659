"""Runs inside a real Blender with a window: a head in two UDIM tiles, its provenance, and a stroke over both.

Environment: as in in_window.py; the backend is the fake one.
"""

import importlib
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bpy
import in_window as window
import regions_in_window as regions
from in_window import PACKAGE, call, found, job, picture, view


def painted() -> list[int]:
    """Red texels in the left and in the right half of the mask."""
    import numpy as np

    mask = regions.head().avatartex_regions.mask
    pixels = np.empty(len(mask.pixels), np.float32)
    mask.pixels.foreach_get(pixels)
    red = pixels.reshape(mask.size[1], mask.size[0], -1)[..., 0] > 0.5
    return [int(half.sum()) for half in np.hsplit(red, 2)]


def story():
    os.environ.pop("AVATARTEX_BACKEND_PYTHON", None)
    window.set_up(window.Stalls())
    yield 1.0
    window.fake_python()
    window.backend("tiles", "1")
    layers = regions.head().data.uv_layers
    for corner in layers.active.uv:
        corner.vector.x = (2 * corner.vector.x + 0.5) % 2  # the border is in front
    region = next(r for r in view()["area"].regions if r.type == "UI")
    region.active_panel_category = "AvatarTex"
    own = regions.head().avatartex
    own.portrait, own.size = os.environ["AVATARTEX_PORTRAIT"], "512"
    call(bpy.ops.avatartex.generate, "INVOKE_DEFAULT")
    yield 0.5
    yield from window.wait_for_job(60)
    found["error"] = [job().error_code, job().error_message]
    overlay = importlib.import_module(f"{PACKAGE}.scene.overlay")
    bpy.context.window_manager.avatartex_overlay.show_provenance = True
    for _ in range(200):
        yield 0.1
        if overlay._tiles.key is not None and overlay._triangles.key is not None:
            break
    yield 2.0
    found["overlay"] = [overlay._tiles.value is not None, overlay._triangles.value is not None]
    picture("tiles-1-provenance")
    bpy.context.window_manager.avatartex_overlay.show_provenance = False
    call(bpy.ops.avatartex.regions_paint, "EXEC_DEFAULT", kind="REDO")
    regions.ensure_brush()
    yield 2.0
    found["painting"] = [layers.keys(), layers.active.name]
    yield from regions.stroke([(0.35, 0.5), (0.42, 0.5), (0.5, 0.5), (0.58, 0.5)])
    picture("tiles-2-painting")
    call(bpy.ops.avatartex.regions_done, "INVOKE_DEFAULT")
    yield 3.0
    found["painted"] = [painted(), layers.keys(), layers.active.name]
    picture("tiles-3-painted")
    found["finished"] = True


if __name__ == "__main__":
    window.play(story)
