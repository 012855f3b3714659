"""Runs inside a real Blender with a window: hair curves while the artist goes on working, one step of undo, the dialog.

Environment: as in in_window.py; the backend is the fake one.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bpy
import in_window as window
import regions_in_window as regions
from in_window import call, found, job, picture


def hair() -> list[str]:
    return sorted(thing.name for thing in bpy.data.objects if thing.type == "CURVES")


def story():
    yield from window.textured()
    call(bpy.ops.avatartex.grow_curves, "INVOKE_DEFAULT", guides=4000)
    found["at_once"] = [job().running, hair()]
    yield 0.5
    yield from window.wait_for_job(60)
    yield 1.0
    found["made"] = hair()
    picture("curves-1-made")
    call(bpy.ops.ed.undo)
    yield 1.0
    found["undone"] = [hair(), len(regions.head().avatartex_history)]
    call(bpy.ops.ed.redo)
    yield 1.0
    found["redone"] = hair()
    call(bpy.ops.avatartex.hair_curves, "INVOKE_DEFAULT")
    yield 2.0
    picture("curves-2-dialog")
    found["finished"] = True


if __name__ == "__main__":
    window.play(story)
