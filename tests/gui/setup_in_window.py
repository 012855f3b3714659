"""Runs inside a real Blender with a window: the first run, from empty preferences to a backend, and back.

Environment: AVATARTEX_ZIP, AVATARTEX_OUT (folder). The packages are tiny ones from an index on this machine; pip, the
environment and everything else are real.
"""

import importlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "addon"))

import bpy
from in_window import OUT, PACKAGE, clock, found, picture, play
from tiny_index import TinyIndex, make_wheel

LOCK = "torch==0.1\nnumpy==0.1\nopencv-python==0.1\n"


def module(name):
    return importlib.import_module(f"{PACKAGE}.{name}")


def call(operator, kind="VIEW_3D", **options):
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.ui_type == kind)
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, screen=window.screen, area=area, region=region):
        return operator("INVOKE_DEFAULT", **options)


def wait(seconds=120.0):
    until = time.monotonic() + seconds
    while module("setup.backend_setup").current is not None and time.monotonic() < until:
        yield 0.1
    yield 1.0


def set_up():
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # for our index, whose client is cancelled
    os.environ.pop("AVATARTEX_BACKEND_PYTHON", None)
    os.environ["XDG_DATA_HOME"] = str(OUT / "data")
    sys.path.append(os.path.join(bpy.utils.system_resource("SCRIPTS"), "addons_core"))
    import addon_utils

    addon_utils.enable("bl_pkg")
    bpy.ops.extensions.package_install_files(
        filepath=os.environ["AVATARTEX_ZIP"], repo="user_default", enable_on_install=True
    )
    for name, provides in (("torch", "torch"), ("numpy", "numpy"), ("opencv-python", "cv2")):
        make_wheel(OUT / "wheels", name, "0.1", provides)
    index = TinyIndex(OUT / "wheels")
    module("core.packages").PYPI = index.url
    module("core.packages").TORCH_INDEX.clear()
    module("preferences").REQUIREMENTS = OUT / "requirements.txt"
    (OUT / "requirements.txt").write_text(LOCK)
    clock(module("ui.preferences_page"), "draw_preferences")
    clock(module("ui.main_panel"), "draw_welcome")
    clock(module("setup.backend_setup"), "watch")
    return index


def bring_python():
    """Lay a Python out as Blender's own releases bring it."""
    pythons, name = module("core.pythons"), "python{}.{}".format(*sys.version_info[:2])
    found_one = Path(pythons.ask_python(pythons.blenders_python(), "import sys; print(sys.base_prefix)").strip())
    bundle = OUT / "release" / "4.3" / "python"
    (bundle / "bin").mkdir(parents=True)
    shutil.copy(found_one / "bin" / name, bundle / "bin")
    unneeded = shutil.ignore_patterns(*pythons.UNNEEDED)
    shutil.copytree(found_one / "lib" / name, bundle / "lib" / name, ignore=unneeded)
    sys.executable = str(bundle / "bin" / name)


def arrange():
    """Sidebar at the left, preferences at the right."""
    window = bpy.context.window_manager.windows[0]
    area = max((a for a in window.screen.areas if a.type == "VIEW_3D"), key=lambda a: a.width)
    with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
        bpy.ops.screen.area_split(direction="VERTICAL", factor=0.45)
    yield 0.5
    right = max((a for a in window.screen.areas if a.type == "VIEW_3D"), key=lambda a: a.x)
    right.ui_type = "PREFERENCES"
    left = next(a for a in window.screen.areas if a.type == "VIEW_3D")
    left.spaces.active.show_region_ui = True
    bpy.context.preferences.active_section = "ADDONS"
    bpy.context.window_manager.addon_search = "avatartex"
    yield 0.5
    next(r for r in left.regions if r.type == "UI").active_panel_category = "AvatarTex"
    call(bpy.ops.preferences.addon_expand, "PREFERENCES", module=PACKAGE)
    yield 1.0


def story():
    index = set_up()
    bring_python()
    yield 1.0
    yield from arrange()
    setup, prefs = module("setup.backend_setup"), module("preferences")
    home = prefs.home()
    module("scene.redraw").redraw_panels()
    yield 2.0
    picture("setup-1-empty")
    call(bpy.ops.avatartex.check_setup)
    yield from wait()
    picture("setup-2-offline")
    found["offline"] = [setup.checks.is_fine(), setup.checks.is_fine(with_network=False), index.visits]
    index.stall_at = "opencv"
    call(bpy.ops.avatartex.setup_backend)
    yield 2.0
    picture("setup-3-asked")
    found["asked"] = [module("setup.permission").is_waiting(), setup.current is None, index.visits]
    bpy.context.preferences.system.use_online_access = True
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[-1]):
        bpy.ops.wm.window_close()  # the preferences, as the artist does
    until = time.monotonic() + 30
    while setup.current is None and time.monotonic() < until:
        yield 0.1
    while setup.current is not None and not index.stalled.is_set():
        yield 0.1
    yield 1.0
    picture("setup-4-downloading")
    bpy.ops.wm.read_homefile(load_ui=False)
    yield 1.0
    found["survives_a_new_file"] = setup.current is not None
    call(bpy.ops.avatartex.cancel_setup)
    yield from wait()
    picture("setup-5-cancelled")
    found["cancelled"] = [setup.error.code if setup.error else "", setup.find_fit()]
    index.go.set()
    call(bpy.ops.avatartex.check_setup)
    yield from wait()
    call(bpy.ops.avatartex.setup_backend)
    yield from wait()
    picture("setup-6-ready")
    found["ready"] = [setup.find_fit(), bool(prefs.find_backend_python()), sorted(index.asked)]
    shutil.rmtree(OUT / "release")
    python = module("core.pythons").ask_python(prefs.find_backend_python(), "import torch; print(torch.__version__)")
    found["without_that_blender"] = (python or "").strip()
    (OUT / "requirements.txt").write_text(LOCK + "pillow==0.1\n")
    module("core.lock").lock_hash.cache_clear()
    module("scene.redraw").redraw_panels()
    yield 2.0
    picture("setup-7-outdated")
    (OUT / "requirements.txt").write_text(LOCK)
    module("core.lock").lock_hash.cache_clear()
    prefs.preferences().backend_python = "/usr/bin/python3"
    yield from wait()
    picture("setup-8-own-python")
    found["own"] = [prefs.find_backend_python(), [error.message for error in prefs.refused.values()]]
    prefs.preferences().backend_python = ""
    call(bpy.ops.avatartex.remove_backend)
    yield 1.0
    picture("setup-9-remove")
    subprocess.run(["xdotool", "key", "Return"], check=False)
    yield 1.0
    yield from wait()
    picture("setup-10-removed")
    found["removed"] = [setup.find_fit(), home.folder.exists()]
    found["finished"] = True


play(story)
