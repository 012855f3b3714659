"""Runs inside a real Blender with a window: the file browser of Export for…, and an export from Edit Mode with undo.

Environment: as in in_window.py; the backend is the fake one.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bpy
import in_window as window
import regions_in_window as regions
from in_window import OUT, call, found, job, picture


def state() -> list:
    """What the artist sees of the scene."""
    return [
        bpy.context.window_manager.windows[0].scene.name,
        regions.head().mode,
        sorted(one.name for one in bpy.data.objects),
        sorted(one.name for one in bpy.data.scenes),
        [slot.material.name for slot in regions.head().material_slots],
        sorted(one.name for one in bpy.data.images if one.name not in ("Render Result", "Viewer Node")),
    ]


def story():
    yield from window.textured()
    call(bpy.ops.object.mode_set, mode="EDIT")
    yield 0.5
    before = state()
    for name in ("head.glb", "head.usdc"):
        target = "gltf" if name.endswith("glb") else "usd"
        call(bpy.ops.avatartex.export_head, "INVOKE_DEFAULT", filepath=str(OUT / name), target=target)
        yield 0.5
        yield from window.wait_for_job(60)
        yield 1.5
        found[name] = [(OUT / name).is_file(), state() == before, job().error_message]
    call(bpy.ops.object.mode_set, mode="OBJECT")
    yield 0.5
    call(bpy.ops.ed.undo)
    yield 1.0
    found["undone"] = len(regions.head().avatartex_history)  # the texture: the export was no step
    call(bpy.ops.ed.redo)
    yield 1.0
    found["redone"] = len(regions.head().avatartex_history)
    call(bpy.ops.avatartex.export_for, "INVOKE_DEFAULT")
    yield 3.0
    picture("export-1-browser")
    found["finished"] = True


if __name__ == "__main__":
    window.play(story)
