"""Runs inside a real Blender with a window: from the zip to the first texture, with the real packages, timed.

Environment: AVATARTEX_ZIP, AVATARTEX_OUT (folder); AVATARTEX_TORCH: a folder with torch's wheel, where the machine does
not reach the index that has it.
"""

import importlib
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "addon"))

import bpy
import in_window as window
from in_window import OUT, PACKAGE, call, found, job, picture, view
from tiny_index import TinyIndex

PATIENCE = 1500.0


def module(name):
    return importlib.import_module(f"{PACKAGE}.{name}")


def story():
    os.environ.pop("AVATARTEX_BACKEND_PYTHON", None)
    os.environ["XDG_DATA_HOME"] = str(OUT / "data")
    bpy.context.preferences.system.use_online_access = True
    started = time.monotonic()
    window.set_up(window.Stalls())
    found["installed"] = round(time.monotonic() - started, 1)
    if os.environ.get("AVATARTEX_TORCH"):
        packages = module("core.packages")
        packages.TORCH_INDEX[("linux", "cpu")] = TinyIndex(Path(os.environ["AVATARTEX_TORCH"])).url
    yield 1.0
    region = next(r for r in view()["area"].regions if r.type == "UI")
    region.active_panel_category = "AvatarTex"
    region.tag_redraw()
    yield 2.0
    picture("first-1-installed")
    setup = module("setup.backend_setup")
    started = time.monotonic()
    call(bpy.ops.avatartex.setup_backend, "INVOKE_DEFAULT")
    yield 1.0
    while setup.current is not None and time.monotonic() - started < PATIENCE:
        yield 0.2
    found["set_up"] = round(time.monotonic() - started, 1)
    found["set_up_works"] = round(os.times().children_user + os.times().children_system, 1)
    found["error"] = "" if setup.error is None else f"{setup.error.code}: {setup.error}"
    yield 2.0
    picture("first-2-set-up")
    started = time.monotonic()
    call(bpy.ops.avatartex.try_it, "EXEC_DEFAULT")
    yield from window.wait_for_job(PATIENCE)
    found["first_job"] = round(time.monotonic() - started, 1)
    found["job_error"] = [job().error_code, job().error_message]
    yield 30.0  # software GL compiles materials for long
    picture("first-3-textured")
    found["finished"] = True


if __name__ == "__main__":
    window.play(story)
