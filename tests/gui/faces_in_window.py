"""Runs inside a real Blender with a window: two faces in a portrait, framed; a click chooses the other one.

Environment: as in in_window.py; the backend is the real one, AVATARTEX_PORTRAIT shows two faces.
"""

import importlib
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bpy
import in_window as window
from in_window import PACKAGE, call, found, picture, view


def click(x, y):
    """In pixels of the window from its upper left corner."""
    subprocess.run(["xdotool", "mousemove", str(x), str(y), "click", "1"], check=False)


def story():
    stalls = window.Stalls()
    window.set_up(stalls)
    yield 1.0
    region = next(r for r in view()["area"].regions if r.type == "UI")
    region.active_panel_category = "AvatarTex"
    settings = bpy.data.objects["Head"].avatartex
    settings.portrait = os.environ["AVATARTEX_PORTRAIT"]
    call(bpy.ops.ed.undo_push, message="Portrait")
    region.tag_redraw()
    faces = importlib.import_module(f"{PACKAGE}.jobs.portrait_faces")
    until = time.monotonic() + 60
    while faces.find_faces(settings.portrait) is None and time.monotonic() < until:
        yield 0.5
    yield 2.0
    picture("faces-1-framed")
    found["first"] = settings.face
    middle = region.x + region.width // 2 - 10
    top = view()["window"].height - region.y - region.height
    click(middle, top + 210)
    yield 3.0
    picture("faces-2-popup")
    click(middle + 87, top + 348)  # the second picture of the menu
    until = time.monotonic() + 20
    while settings.face != "1" and time.monotonic() < until:
        yield 0.5
    yield 3.0
    picture("faces-3-chosen")
    found["second"] = settings.face
    found["pins"] = [pin.name for pin in bpy.data.objects["Head"].avatartex_pins]
    call(bpy.ops.ed.undo)
    yield 1.0
    found["undone"] = bpy.data.objects["Head"].avatartex.face
    picture("faces-4-undone")
    found["finished"] = True


if __name__ == "__main__":
    window.play(story)
