"""Runs inside a real Blender with a window: the sample with one click, and the file browser for a portrait.

Environment: as in in_window.py.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bpy
import in_window as window
from in_window import REAL, call, found, job, picture, view


def story():
    stalls = window.Stalls()
    python = os.environ.pop("AVATARTEX_BACKEND_PYTHON", "")
    window.set_up(stalls)
    yield 1.0
    if REAL:
        os.environ["AVATARTEX_BACKEND_PYTHON"] = python
    else:
        window.fake_python()
    region = next(r for r in view()["area"].regions if r.type == "UI")
    region.active_panel_category = "AvatarTex"
    region.tag_redraw()
    yield 1.0
    picture("try-1-before")
    call(bpy.ops.avatartex.try_it, "EXEC_DEFAULT")
    yield 0.5
    found["started"] = job().running
    yield from window.wait_for_job(400)
    found["error"] = [job().error_code, job().error_message]
    sample = bpy.data.objects.get("Sample Head")
    found["sample"] = [len(sample.avatartex_history), view()["area"].spaces.active.shading.type]
    yield 60.0 if REAL else 1.0  # software GL compiles materials for long
    picture("try-2-textured")
    call(bpy.ops.avatartex.pick_portrait, "INVOKE_DEFAULT")
    yield 3.0
    browsers = [
        area.spaces.active.params
        for win in bpy.context.window_manager.windows
        for area in win.screen.areas
        if area.type == "FILE_BROWSER"
    ]
    found["display"] = [params.display_type for params in browsers if params is not None]
    picture("try-3-browser")
    found["finished"] = True


if __name__ == "__main__":
    window.play(story)
