"""Runs inside a real Blender with a window: pictures dragged from another program onto the tab, a head, empty space.

Environment: as in_window.py; AVATARTEX_TEST_PYTHON is a Python with python-xlib, which is not in the locks.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bpy
import in_window as window
from in_window import OUT, call, found, picture, view


def drop(name, file, at):
    """As another program's hand does; Blender goes on meanwhile."""
    x, y = int(at[0]), int(view()["window"].height - at[1])
    words = (os.environ["AVATARTEX_TEST_PYTHON"], Path(__file__).with_name("dropping.py"), file, x, y)
    process = subprocess.Popen([*map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        yield 0.1
    yield 1.5
    picture(name)
    press("u")  # Blender lists what a picture can become: Use as AvatarTex Portrait
    yield 1.0
    chosen = bpy.context.scene.avatartex.head
    found[name] = {
        "said": process.communicate()[0].strip(),
        "portrait": Path(portrait()).name,
        "head": chosen.name if chosen else "",
        "active": getattr(bpy.context.view_layer.objects.active, "name", ""),
        "empties": sum(thing.type == "EMPTY" for thing in bpy.data.objects),
    }


def press(key):
    subprocess.run(["xdotool", "key", key], check=False)


def middle(region):
    return region.x + region.width / 2, region.y + region.height / 2


def story():
    stalls = window.Stalls()
    os.environ.pop("AVATARTEX_BACKEND_PYTHON", "")
    window.set_up(stalls)
    yield 2.0
    files = []
    for name in ("tab", "head", "space", "text"):
        files.append(OUT / f"{name} ünï.png")
        shutil.copy(os.environ["AVATARTEX_PORTRAIT"], files[-1])
    files[-1] = files[-1].with_suffix(".txt")
    files[-1].write_text("no picture")
    call(bpy.ops.mesh.primitive_uv_sphere_add, location=(4, 0, 0))
    bpy.context.active_object.name = "Other"
    call(bpy.ops.view3d.view_axis, type="FRONT")
    call(bpy.ops.view3d.view_all)
    sidebar = next(region for region in view()["area"].regions if region.type == "UI")
    sidebar.active_panel_category = "AvatarTex"
    sidebar.tag_redraw()
    yield 2.0
    call(bpy.ops.ed.undo_push, message="Set up")
    yield from drop("tab", files[0], middle(sidebar))
    yield from drop("head", files[1], on_screen((0, 0, 0)))
    yield from drop("other", files[0], on_screen((4, 0, 0)))
    yield from drop("text", files[3], on_screen((4, 0, 0)))
    yield from drop("space", files[2], on_screen((0, 0, 1.4)))
    press("Escape")
    call(bpy.ops.ed.undo)
    yield 1.0
    found["undone"] = Path(portrait()).name
    if shutil.which("xclip"):
        subprocess.run(
            ["xclip", "-selection", "clipboard", "-t", "image/png", "-i", str(files[0])],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started = time.perf_counter()
        said = call(bpy.ops.avatartex.paste_portrait, "INVOKE_DEFAULT")
        found["paste_ms"] = round((time.perf_counter() - started) * 1000)
        yield 1.0
        found["pasted"] = [sorted(said), Path(portrait()).name]
    found["finished"] = True


def portrait():
    """Of the head that the panel shows."""
    head = bpy.context.scene.avatartex.head or bpy.context.view_layer.objects.active
    return head.avatartex.portrait if head is not None else ""


def on_screen(point):
    """Pixels of the window, from its lower left."""
    from bpy_extras.view3d_utils import location_3d_to_region_2d

    region = view()["region"]
    spot = location_3d_to_region_2d(region, view()["area"].spaces.active.region_3d, point)
    return region.x + spot[0], region.y + spot[1]


if __name__ == "__main__":
    window.play(story)
