"""Runs inside a real Blender with a window: looks at the registration, drags pins over portrait and head.

Environment: AVATARTEX_ZIP, AVATARTEX_OUT (folder), AVATARTEX_PORTRAIT. The backend is the fake one.
"""

import importlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bpy
from bpy_extras import view3d_utils
from in_window import FAKE, OUT, PACKAGE, found, picture, play


def xdo(*words):
    subprocess.run(["xdotool", *map(str, words)], check=False)


def view(kind):
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.ui_type == kind)
    region = next(region for region in area.regions if region.type == "WINDOW")
    return {"window": window, "screen": window.screen, "area": area, "region": region}


def call(operator, *arguments, kind="VIEW_3D", **options):
    with bpy.context.temp_override(**view(kind)):
        return operator(*arguments, **options)


def head():
    return bpy.data.objects["Head"]


def told():
    return bpy.context.window_manager.avatartex_registration


def on_screen(kind, place):
    """Pixels of the X screen, y down, of a region's pixels, y up; the window fills the screen."""
    region = view(kind)["region"]
    return round(region.x + place[0]), round(view(kind)["window"].height - (region.y + place[1]))


def drag(kind, start, by, cancel=False):
    x, y = on_screen(kind, start)
    xdo("mousemove", x, y)
    yield 0.3
    xdo("mousemove", x + 1, y)
    yield 0.3
    xdo("mousedown", 1)
    yield 0.3
    for share in (0.3, 0.6, 1.0):
        xdo("mousemove", x + round(share * by[0]), y - round(share * by[1]))
        yield 0.15
    if cancel:
        xdo("key", "Escape")
        yield 0.3
    xdo("mouseup", 1)
    yield 0.5


def on_picture(name):
    pin = next((pin for pin in head().avatartex_pins if pin.name == name), None) or told().points[name]
    region = view("IMAGE_EDITOR")["region"]
    return region.view2d.view_to_region(pin.xy[0] / told().width, 1 - pin.xy[1] / told().height, clip=False)


def pins():
    return {pin.name: [round(v, 1) for v in pin.xy] for pin in head().avatartex_pins}


def wait(seconds=30.0):
    until = time.monotonic() + seconds
    while bpy.context.window_manager.avatartex_job.running and time.monotonic() < until:
        yield 0.1


def set_up():
    sys.path.append(os.path.join(bpy.utils.system_resource("SCRIPTS"), "addons_core"))
    import addon_utils

    addon_utils.enable("bl_pkg")
    bpy.ops.extensions.package_install_files(
        filepath=os.environ["AVATARTEX_ZIP"], repo="user_default", enable_on_install=True
    )
    script = OUT / "python"
    script.write_text(f"#!/bin/sh\nexec {shutil.which('python3')} '{FAKE}'\n")
    script.chmod(0o755)
    os.environ["AVATARTEX_BACKEND_PYTHON"] = str(script)
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    call(bpy.ops.mesh.primitive_uv_sphere_add, radius=0.12)
    bpy.context.active_object.name = "Head"
    bpy.context.scene.avatartex.head = head()
    head().avatartex.portrait = os.environ["AVATARTEX_PORTRAIT"]
    call(bpy.ops.view3d.view_axis, type="FRONT")
    call(bpy.ops.view3d.view_all)


def story():
    set_up()
    yield 1.0
    view("VIEW_3D")["area"].spaces.active.show_region_ui = True
    call(bpy.ops.ed.undo_push, message="Set up")
    call(bpy.ops.avatartex.show_registration, "INVOKE_DEFAULT")
    yield from wait()
    yield 1.0
    found["shown"] = view("IMAGE_EDITOR")["area"].spaces.active.image.name
    kinds = [area.ui_type for area in view("VIEW_3D")["screen"].areas]
    found["beside"] = [
        len(bpy.context.window_manager.windows),
        kinds.count("VIEW_3D"),
        kinds.count("IMAGE_EDITOR"),
        view("VIEW_3D")["area"].spaces.active.show_region_ui,
    ]
    sidebar = next(region for region in view("VIEW_3D")["area"].regions if region.type == "UI")
    sidebar.active_panel_category = "AvatarTex"
    sidebar.tag_redraw()
    yield 1.0
    picture("pins-0-registration")
    call(bpy.ops.avatartex.edit_pins_image, "INVOKE_DEFAULT")
    yield 1.0
    handles = importlib.import_module(f"{PACKAGE}.operators.drag_pins")._handles
    found["handles_editing"] = len(handles)
    for name in ("chin", "nose_tip"):
        yield from drag("IMAGE_EDITOR", on_picture(name), (0, 90))
    yield from drag("IMAGE_EDITOR", on_picture("left_eye_outer"), (0, -90), cancel=True)
    yield from wait()
    found["dragged"] = pins()
    picture("pins-1-portrait")
    xdo("key", "Return")
    yield 1.0
    found["handles_after"] = len(handles)
    call(bpy.ops.ed.undo)
    yield 0.5
    found["undone"] = pins()
    call(bpy.ops.ed.redo)
    yield 0.5
    found["redone"] = pins()

    call(bpy.ops.avatartex.edit_pins_head, "INVOKE_DEFAULT")
    yield 1.0
    around = view("VIEW_3D")
    place = view3d_utils.location_3d_to_region_2d(
        around["region"], around["area"].spaces.active.region_3d, head().matrix_world @ told().points["chin"].location
    )
    yield from drag("VIEW_3D", place, (15, 40))
    chin = head().avatartex_pins["chin"]
    found["on_head"] = [chin.has_3d, list(chin.location)]
    picture("pins-2-head")
    xdo("key", "Escape")
    yield 1.5
    yield from wait()
    found["after_escape"] = [head().avatartex_pins["chin"].has_3d, len(handles)]

    importlib.import_module(f"{PACKAGE}.session").close()
    os.environ["FAKE_BACKEND"] = "low"
    call(bpy.ops.avatartex.generate, "INVOKE_DEFAULT")
    yield from wait()
    yield 1.0
    picture("pins-3-asked")
    found["asked"] = bpy.context.window_manager.avatartex_job.error_code
    xdo("key", "Return")
    yield 1.0
    yield from wait()
    yield 1.0
    found["generated_anyway"] = bpy.context.window_manager.avatartex_job.object_name
    found["finished"] = True


if __name__ == "__main__":
    play(story)
