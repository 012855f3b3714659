"""Runs inside a real Blender with a window: the main panel in its states, each as a picture of the sidebar alone.

Environment: as in_window.py. With the real backend, AVATARTEX_HEAD and a photograph these are the manual's pictures.
"""

import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bpy
import in_window as window
from in_window import OUT, PACKAGE, REAL, call, found, job, view

found["draw"], found["loads"] = {}, []


def addon(name):
    return importlib.import_module(f"{PACKAGE}.{name}")


def sidebar():
    return next(region for region in view()["area"].regions if region.type == "UI")


def picture(name, whole=False):
    """The sidebar, or the whole window; by the X server."""
    region, height = sidebar(), view()["window"].height
    crop = f"{region.width}x{region.height}+{region.x}+{height - region.y - region.height}"
    subprocess.run(
        ["import", "-window", "root", *([] if whole else ["-crop", crop]), "+repage", str(OUT / f"panel-{name}.png")],
        check=False,
    )


def shown(name, whole=False):
    for _ in range(4):  # panels glide to their new places
        sidebar().tag_redraw()
        yield 0.4
    picture(name, whole)
    (OUT / "found.json").write_text(json.dumps(found, indent=2))


def measure():
    """Every drawing of the panel and every loading of a preview, in milliseconds of the processor."""
    panel, spent = addon("ui.main_panel").AVATARTEX_PT_main, []
    draw = panel.draw

    def timed(self, context):  # Blender looks at the signature
        started = time.thread_time()
        draw(self, context)
        spent.append((time.thread_time() - started) * 1000)
        found["draw"] = {
            "median": round(sorted(spent)[len(spent) // 2], 2),
            "longest": round(max(spent), 2),
            "times": len(spent),
        }

    panel.draw = timed
    progress = addon("ui.progress")
    preview = progress.preview

    def timed_preview(path):
        started = time.thread_time()
        icon = preview(path)
        found["loads"].append(round((time.thread_time() - started) * 1000, 2))
        return icon

    progress.preview = timed_preview


def operator(name, *arguments, **options):
    """As from a button: with its undo step."""
    with bpy.context.temp_override(**view()):
        return getattr(bpy.ops.avatartex, name)(*(arguments or ("EXEC_DEFAULT",)), True, **options)


def settings():
    return bpy.data.objects["Head"].avatartex


def push(message):
    call(bpy.ops.ed.undo_push, message=message)


def undo():
    call(bpy.ops.ed.undo)


def story():
    stalls = window.Stalls()
    real_python = os.environ.pop("AVATARTEX_BACKEND_PYTHON", "")
    window.set_up(stalls)
    measure()
    yield 1.0
    sidebar().active_panel_category = "AvatarTex"
    head = bpy.data.objects["Head"]
    head.select_set(False)
    bpy.context.view_layer.objects.active = None
    yield from shown("1-not-set-up")
    if REAL:
        os.environ["AVATARTEX_BACKEND_PYTHON"] = real_python
    else:
        window.fake_python()
        window.backend("slow,warn", "6")
    yield from shown("2-empty")
    yield from the_list()
    yield from the_portrait()
    yield from the_job(stalls)
    yield from the_mix()
    yield from the_error()
    yield from the_language()
    found["finished"] = True


def the_list():
    head = bpy.data.objects["Head"]
    bpy.context.view_layer.objects.active = head
    settings().portrait = "//gone.png"
    uvs = head.data.uv_layers[0]
    kept = [tuple(entry.vector) for entry in uvs.uv]
    for entry in uvs.uv:  # both halves on each other
        entry.vector.x = min(entry.vector.x, 1 - entry.vector.x)
    head.hide_set(True)
    push("Spoiled")
    sidebar().tag_redraw()
    yield 1.0
    yield from shown("3-in-the-way")
    found["obstacles"] = [str(obstacle.code) for obstacle in addon("jobs.preflight").find_obstacles(bpy.context)]
    operator("show_head")
    found["shown_again"] = head.visible_get()
    for entry, place in zip(uvs.uv, kept):
        entry.vector = place
    addon("scene.uv_sharing").forget_sharing()
    settings().portrait = ""
    push("Mended")
    yield from shown("4-no-portrait")


def the_portrait():
    """Each way, and one undo step each."""
    path = os.environ["AVATARTEX_PORTRAIT"]
    image = bpy.data.images.load(path)
    image.name = "Reference"
    image.pack()
    push("Image")
    for name, words, options in (
        ("drop_portrait", "INVOKE_DEFAULT", {"filepath": path}),
        ("use_image", "EXEC_DEFAULT", {"choice": "Reference"}),  # as from its list
        ("pick_portrait", "EXEC_DEFAULT", {"filepath": path}),
    ):
        before = settings().portrait
        operator(name, words, **options)
        yield 1.0  # the image is written on a thread
        chosen = settings().portrait
        undo()
        yield 0.2
        found[f"{name}_undo"] = [bool(chosen), settings().portrait == before]
    where, height = view()["region"], view()["window"].height
    find = addon("operators.choose_portrait").find_mesh_at
    with bpy.context.temp_override(**view()):
        places = [
            (where.x + where.width // 2, where.y + where.height // 2),  # on the head
            (where.x + 80, where.y + 20),  # beside it
            (sidebar().x + 40, where.y + where.height // 2),
            (5, height - 5),
        ]  # the sidebar, the menu
        found["under_mouse"] = [getattr(find(bpy.context, *place), "name", "") for place in places]
    try:
        operator("paste_portrait")
        found["paste"] = settings().portrait
    except RuntimeError as reason:
        found["paste"] = str(reason)
    found["area_kept"] = [area.ui_type for area in view()["screen"].areas].count("VIEW_3D")
    operator("drop_portrait", "INVOKE_DEFAULT", filepath=path)
    yield from shown("5-ready")


def the_job(stalls):
    settings().size = os.environ.get("AVATARTEX_SIZE", "1024")
    stalls.reset()
    call(bpy.ops.avatartex.generate, "INVOKE_DEFAULT")
    taken = set()
    while job().running:
        name = Path(job().preview).stem
        if name and name not in taken:
            taken.add(name)
            yield 0.4
            if job().running:
                picture(f"6-running-{len(taken)}")
        yield 0.05
    stalls.note("job")
    found["previews"] = len(taken)
    found["error"] = [job().error_code, job().error_message]
    yield from shown("7-done", whole=True)


def the_mix():
    space = view()["area"].spaces.active
    if REAL:  # shaders take software GL too long for a test
        space.shading.type = "MATERIAL"
        yield 20.0
        picture("8-new", whole=True)
    head = bpy.data.objects["Head"]
    push("Before the mix")
    before = window.snapshot()
    seconds = []
    for factor in (0.9, 0.7, 0.5):
        started = time.thread_time()
        bpy.data.objects["Head"].avatartex_mix.factor = factor
        seconds.append(round((time.thread_time() - started) * 1000, 2))
    found["mix_ms"] = seconds
    push("Mix")
    mixed = window.snapshot()
    yield 20.0 if REAL else 0.1
    yield from shown("9-mixed", whole=True)
    undo()
    yield 0.5
    head = bpy.data.objects["Head"]
    found["mix_undo"] = [mixed != before, window.snapshot() == before, head.avatartex_mix.factor]
    call(bpy.ops.ed.redo)
    yield 0.5
    found["mix_redo"] = window.snapshot() == mixed
    operator("restore")
    undo()
    yield 0.3
    found["restore_undo"] = [window.snapshot() == mixed, round(bpy.data.objects["Head"].avatartex_mix.factor, 2)]
    bpy.data.objects["Head"].avatartex_mix.factor = 1.0
    space.shading.type = "SOLID"
    push("Whole")


def the_error():
    if REAL:
        blank = OUT / "no-face.png"
        subprocess.run(["convert", "-size", "320x320", "gradient:#8899aa-#445566", str(blank)], check=False)
        settings().portrait = str(blank)
    else:
        window.backend("refuse")
    call(bpy.ops.avatartex.generate, "INVOKE_DEFAULT")
    yield 0.2
    yield from window.wait_for_job(60)
    found["refusal"] = job().error_code
    yield from shown("10-refused")
    found["state"] = json.loads(window.snapshot())["nodes"]


def the_language():
    """German, where this Blender has it."""
    settings().portrait = ""
    job().reset()
    interface = bpy.context.preferences.view
    german = next((name for name in ("de_DE", "de") if name in bpy.app.translations.locales), "")
    found["languages"] = bool(german)
    if german:
        interface.language = german
        interface.use_translate_interface = interface.use_translate_tooltips = True
        found["german"] = addon("ui.sentences").say("Step {step} of {steps}", step=2, steps=8)
        yield from shown("11-german")


if __name__ == "__main__":
    window.play(story)
