"""Runs inside a real Blender with a window: plays the artist, measures, takes pictures, writes one JSON.

Environment: AVATARTEX_ZIP, AVATARTEX_OUT (folder), AVATARTEX_PORTRAIT; optional AVATARTEX_HEAD (OBJ), and
AVATARTEX_REAL=1 with AVATARTEX_BACKEND_PYTHON to use the real backend instead of the fake one.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import traceback
from pathlib import Path

import bpy

OUT = Path(os.environ["AVATARTEX_OUT"])
FAKE = Path(__file__).resolve().parents[1] / "addon" / "fake_backend.py"
REAL = os.environ.get("AVATARTEX_REAL") == "1"
#: Of Material Preview: software GL draws each as long as the first.
SAMPLES = 1
PACKAGE = "bl_ext.user_default.avatartex"
bpy.context.preferences.view.show_splash = False  # Quick Setup would lie over the pictures of a new user folder
found = {
    "blender": bpy.app.version_string,
    "seconds": {},
    "wall": {},
    "stall_ms": {},
    "stall_at": {},
    "gaps": [],
    "moments": [],
}


class Stalls:
    """The longest gap between the calls of a 5 ms timer: how long the window did not answer."""

    def __init__(self):
        self.born = time.perf_counter()
        self.reset()
        bpy.app.timers.register(self.tick, persistent=True)

    def reset(self):
        self.longest, self.at, self.last = 0.0, "", time.perf_counter()

    def tick(self):
        now = time.perf_counter()
        if now - self.last > 0.05:
            found["gaps"].append((round(now - self.born, 2), round((now - self.last) * 1000)))
        if now - self.last > self.longest:
            self.longest = now - self.last
            self.at = bpy.context.window_manager.avatartex_job.stage if has_addon() else ""
        self.last = now
        return 0.005

    def note(self, name):
        self.tick()  # it may be this timer's turn only after ours
        found["stall_ms"][name] = round(self.longest * 1000, 1)
        found["stall_at"][name] = self.at or "after the job"
        self.reset()


def has_addon():
    return hasattr(bpy.types.WindowManager, "avatartex_job")


def clock(module, name, owner=None):
    """Measure every call of a function of the add-on: the work of Blender's own thread, as others share the cores.

    By the clock it may be more; found["wall"] has that.
    """
    target = getattr(module, owner) if owner else module
    original = getattr(target, name)

    def timed(*arguments, **options):
        started, seen = time.thread_time(), time.perf_counter()
        try:
            return original(*arguments, **options)
        finally:
            label = f"{owner or module.__name__.rsplit('.', 1)[-1]}.{name}_ms"
            for table, spent in (("seconds", time.thread_time() - started), ("wall", time.perf_counter() - seen)):
                found[table][label] = round(max(spent * 1000, found[table].get(label, 0)), 2)

    setattr(target, name, timed)


def view():
    window = bpy.context.window_manager.windows[0]
    area = max((a for a in window.screen.areas if a.type == "VIEW_3D"), key=lambda a: a.width)
    return {
        "window": window,
        "screen": window.screen,
        "area": area,
        "region": next(r for r in area.regions if r.type == "WINDOW"),
    }


def call(operator, *arguments, **options):
    with bpy.context.temp_override(**view()):
        return operator(*arguments, **options)


def picture(name):
    """By the X server: Blender's own screenshot is black where GL is software."""
    subprocess.run(["import", "-window", "root", str(OUT / f"{name}.png")], check=False)


def job():
    return bpy.context.window_manager.avatartex_job


def backend(modes, seconds="3"):
    import importlib

    importlib.import_module(f"{PACKAGE}.session").close()
    os.environ["FAKE_BACKEND"], os.environ["FAKE_SECONDS"] = modes, seconds


def snapshot():
    """Everything of the head's look that undo has to bring back."""
    head = bpy.data.objects["Head"]
    materials = [slot.material for slot in head.material_slots]
    return json.dumps(
        {
            "images": sorted(
                (i.name, i.users, i.use_fake_user)
                for i in bpy.data.images
                if i.name not in ("Render Result", "Viewer Node")
            ),
            "materials": [m and m.name for m in materials],
            "nodes": [
                sorted((n.name, n.image.name if getattr(n, "image", None) else "") for n in m.node_tree.nodes)
                for m in materials
                if m
            ],
            "links": [
                sorted((k.from_node.name, k.to_node.name, k.to_socket.name) for k in m.node_tree.links)
                for m in materials
                if m
            ],
            "previous": [[entry.inserted, entry.exchanged] for entry in head.avatartex_previous],
        }
    )


def set_up(stalls):
    sys.path.append(os.path.join(bpy.utils.system_resource("SCRIPTS"), "addons_core"))
    import addon_utils

    addon_utils.enable("bl_pkg")
    bpy.ops.extensions.package_install_files(
        filepath=os.environ["AVATARTEX_ZIP"], repo="user_default", enable_on_install=True
    )
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    if os.environ.get("AVATARTEX_HEAD"):
        call(bpy.ops.wm.obj_import, filepath=os.environ["AVATARTEX_HEAD"])
        head = bpy.data.objects[0]
        head.dimensions = head.dimensions * (2.0 / max(head.dimensions))
    else:
        call(bpy.ops.mesh.primitive_uv_sphere_add)
        head = bpy.context.active_object
    head.name = "Head"
    if not head.data.materials:
        material = bpy.data.materials.new("Skin")
        material.use_nodes = True
        head.data.materials.append(material)
    bpy.context.scene.eevee.taa_samples = SAMPLES
    space = view()["area"].spaces.active
    space.show_region_ui = True
    call(bpy.ops.view3d.view_axis, type="FRONT")
    call(bpy.ops.view3d.view_all)
    import importlib

    generation = importlib.import_module(f"{PACKAGE}.jobs.generation")
    for name in ("__init__", "step", "apply"):
        clock(generation, name, "Generation")
    clock(generation, "load_result")
    panel = importlib.import_module(f"{PACKAGE}.ui.main_panel").AVATARTEX_PT_main
    original = panel.draw

    def draw(self, context):  # Blender looks at the signature
        started = time.thread_time()
        original(self, context)
        spent = (time.thread_time() - started) * 1000
        found["seconds"]["panel_draw_ms"] = round(max(spent, found["seconds"].get("panel_draw_ms", 0)), 2)

    panel.draw = draw
    operator = importlib.import_module(f"{PACKAGE}.operators.generate").AVATARTEX_OT_generate
    modal = operator.modal

    def timed_modal(self, context, event):
        started = time.perf_counter()
        result = modal(self, context, event)
        spent = (time.perf_counter() - started) * 1000
        if result != {"PASS_THROUGH"}:
            found["moments"].append((round(started - stalls.born, 2), f"modal ends, {spent:.1f} ms"))
        return result

    operator.modal = timed_modal
    call(bpy.ops.ed.undo_push, message="Set up")


def fake_python():
    script = OUT / "python"
    script.write_text(f"#!/bin/sh\nexec {shutil.which('python3')} '{FAKE}'\n")
    script.chmod(0o755)
    os.environ["AVATARTEX_BACKEND_PYTHON"] = str(script)


def wait_for_job(seconds=120.0):
    until = time.monotonic() + seconds
    while job().running and time.monotonic() < until:
        yield 0.05


def textured():
    """The window with the fake backend's texture on its head, with which a story begins."""
    os.environ.pop("AVATARTEX_BACKEND_PYTHON", None)
    set_up(Stalls())
    yield 1.0
    fake_python()
    backend("", "1")
    region = next(r for r in view()["area"].regions if r.type == "UI")
    region.active_panel_category = "AvatarTex"
    own = bpy.context.view_layer.objects.active.avatartex
    own.portrait, own.size = os.environ["AVATARTEX_PORTRAIT"], "512"
    call(bpy.ops.avatartex.generate, "INVOKE_DEFAULT")
    yield 0.5
    yield from wait_for_job(60)
    found["error"] = [job().error_code, job().error_message]


def story():
    """The artist's session; every yield lets the window live for that many seconds."""
    stalls = Stalls()
    real_python = os.environ.pop("AVATARTEX_BACKEND_PYTHON", "")
    set_up(stalls)
    yield 1.0
    region = next(r for r in view()["area"].regions if r.type == "UI")
    region.active_panel_category = "AvatarTex"
    region.tag_redraw()
    yield 1.0
    picture("1-not-set-up")
    found["python"] = sys.version.split()[0]
    if REAL:
        os.environ["AVATARTEX_BACKEND_PYTHON"] = real_python
    else:
        fake_python()
        backend("slow,warn", "4")
    settings = bpy.data.objects["Head"].avatartex
    settings.size = os.environ.get("AVATARTEX_SIZE", "1024")
    yield 0.5
    region.tag_redraw()
    yield 0.5
    picture("2-no-portrait")
    settings.portrait = os.environ["AVATARTEX_PORTRAIT"]
    call(bpy.ops.ed.undo_push, message="Portrait")
    region.tag_redraw()
    yield 1.0
    picture("3-ready")
    stalls.reset()
    yield 2.0
    stalls.note("idle")
    for tab, told in (("Item", "Blender's own Item tab, for comparison"), ("AvatarTex", "the AvatarTex tab")):
        region.active_panel_category = tab
        yield 0.5
        stalls.reset()
        for _ in range(20):
            region.tag_redraw()
            yield 0.1
        stalls.note(f"redrawing {told}")

    before = snapshot()
    started = time.monotonic()
    call(bpy.ops.avatartex.generate, "INVOKE_DEFAULT")
    found["running_after_click"] = job().running
    yield 2.0
    stalls.note("start")
    picture("4-running")
    yield 0.3
    stalls.reset()
    yield from wait_for_job(300)
    found["seconds"]["generate"] = round(time.monotonic() - started, 2)
    yield 1.0
    stalls.note("rest of the job, applied in Solid view")
    found["error"] = [job().error_code, job().error_message]
    picture("5-done-solid")
    after = snapshot()
    found["changed"] = before != after
    stalls.reset()
    view()["area"].spaces.active.shading.type = "MATERIAL"
    yield 6.0
    stalls.note("first drawing in Material Preview (Blender's own)")
    picture("6-done-material")

    started = time.perf_counter()
    call(bpy.ops.ed.undo_push, message="Measured")
    found["seconds"]["undo_push_ms"] = round((time.perf_counter() - started) * 1000, 1)
    call(bpy.ops.ed.undo)
    call(bpy.ops.ed.undo)
    yield 0.5
    found["undo_restores"] = snapshot() == before
    picture("7-undone")
    call(bpy.ops.ed.redo)
    yield 0.5
    found["redo_restores"] = snapshot() == after
    call(bpy.ops.avatartex.restore, "INVOKE_DEFAULT")
    yield 0.3
    found["restored"] = json.loads(snapshot())["links"] == json.loads(before)["links"]
    view()["area"].spaces.active.shading.type = "SOLID"
    if not REAL:
        for modes, name in (("slow", "polite"), ("deaf", "deaf")):
            backend(modes, "30")
            call(bpy.ops.avatartex.generate, "INVOKE_DEFAULT")
            yield 1.5
            stalls.reset()
            started = time.monotonic()
            call(bpy.ops.avatartex.cancel)
            yield 0.02
            yield from wait_for_job(10)
            found["seconds"][f"cancel_{name}"] = round(time.monotonic() - started, 3)
            stalls.note(f"cancel {name}")
        backend("refuse")
        call(bpy.ops.avatartex.generate, "INVOKE_DEFAULT")
        yield 0.1
        yield from wait_for_job(20)
        yield 0.5
        found["refusal"] = job().error_code
        picture("8-refused")
        backend("slow,die", "1")
        call(bpy.ops.avatartex.generate, "INVOKE_DEFAULT")
        yield 0.1
        yield from wait_for_job(20)
        yield 0.5
        found["death"] = job().error_code
        picture("9-died")
    else:
        call(bpy.ops.avatartex.generate, "INVOKE_DEFAULT")
        yield 4.0
        started = time.monotonic()
        call(bpy.ops.avatartex.cancel)
        yield 0.02
        yield from wait_for_job(10)
        found["seconds"]["cancel_real"] = round(time.monotonic() - started, 3)
    found["finished"] = True


def play(tell=story):
    telling = tell()

    def next_page():
        try:
            return next(telling)
        except StopIteration:
            pass
        except Exception:
            found["traceback"] = traceback.format_exc()
            traceback.print_exc()
        (OUT / "found.json").write_text(json.dumps(found, indent=2))
        bpy.app.timers.register(lambda: os._exit(0), first_interval=0.5)  # the window asks about unsaved changes
        return None

    bpy.app.timers.register(next_page, first_interval=2.0, persistent=True)


if __name__ == "__main__":
    play()
