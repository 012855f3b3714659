"""Runs inside a real Blender with a window: the manual's tour, from empty preferences to a batch, a picture per step.

Environment: as in_window.py, and AVATARTEX_TOUR (folder with `env`, `portraits`); AVATARTEX_CHAPTERS: only these of
its chapters, by their names in CHAPTERS. The backend is the real one.
found["boxes"] says where sidebar, viewport and Image Editor stand in each picture: x, y, width, height, y down.
"""

import importlib
import json
import os
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bpy
import in_window as window
import pins_in_window as pins
import regions_in_window as regions
from in_window import OUT, PACKAGE, call, found, job, view

found["boxes"], found["errors"] = {}, []
PANELS = {
    name: f"ui.{module}_panel"
    for name, module in (
        ("registration", "registration"),
        ("regions", "regions"),
        ("history", "results"),
        ("variants", "variants"),
        ("batch", "batch"),
    )
}
NAMES = ("Anna", "Bob", "Clara", "David", "Emma", "Felix", "Greta", "Hugo", "Ida", "Jonas")


def addon(name):
    return importlib.import_module(f"{PACKAGE}.{name}")


def head():
    return bpy.data.objects["Head"]


def sidebar():
    return next(region for region in view()["area"].regions if region.type == "UI")


def box(thing):
    return [thing.x, bpy.context.window_manager.windows[0].height - thing.y - thing.height, thing.width, thing.height]


def shown(name, scroll=5, seconds=2.0):
    """A picture of the whole window once the panels have come to rest; scroll: 5 to the sidebar's end, 4 to its top."""
    place = box(sidebar())
    for _ in range(3):  # panels glide to their new places
        sidebar().tag_redraw()
        yield 0.4
    pins.xdo("mousemove", place[0] + 8, place[1] + place[3] // 2)
    eye = view()["area"].spaces.active.region_3d
    far = eye.view_distance
    pins.xdo("click", "--repeat", 40, "--delay", 8, scroll)
    yield 0.5
    eye.view_distance = far  # a sidebar without anything to scroll lets the view zoom
    pins.xdo("mousemove", 700, 996)  # where nothing is told about
    yield seconds
    keep(name)


def keep(name):
    window.picture(name)
    boxes = found["boxes"][name] = {"sidebar": box(sidebar()), "view": box(view()["area"])}
    editor = next((area for area in view()["screen"].areas if area.ui_type == "IMAGE_EDITOR"), None)
    if editor is not None:
        boxes["editor"] = box(editor)
    if job().error_code:
        found["errors"].append([name, job().error_code, job().error_message])
    (OUT / "found.json").write_text(json.dumps(found, indent=2))
    print(f"picture {name}", flush=True)


def unfold(name):
    """One child panel open, the others closed: under a new name each, as Blender remembers how a panel was left."""
    unfold.times = getattr(unfold, "times", 0) + 1
    for panel, module in PANELS.items():
        cls = getattr(addon(module), f"AVATARTEX_PT_{panel}")
        bpy.utils.unregister_class(cls)
        cls.bl_idname = f"AVATARTEX_PT_{panel}_{unfold.times}"
        cls.bl_options = set() if panel == name else {"DEFAULT_CLOSED"}
        bpy.utils.register_class(cls)


def operator(name, *words, **options):
    """As from a button: with its undo step."""
    with bpy.context.temp_override(**view()):
        return getattr(bpy.ops.avatartex, name)(*(words or ("INVOKE_DEFAULT",)), True, **options)


def finished(seconds=300.0):
    run = bpy.context.window_manager.avatartex_batch
    until = time.monotonic() + seconds
    while (job().running or run.running) and time.monotonic() < until:
        yield 0.2
    yield 1.0


def frame(scale, aside):
    """The head in the middle of what the sidebar leaves free."""
    regions.frame(scale)
    view()["area"].spaces.active.region_3d.view_location.x += aside


def shade(kind):
    """Solid with textures for most pictures: software GL compiles a material for half a minute."""
    shading = view()["area"].spaces.active.shading
    shading.type = kind
    shading.color_type, shading.light = "TEXTURE", "STUDIO"


def story():
    os.environ.pop("AVATARTEX_BACKEND_PYTHON", None)
    window.SAMPLES = 4  # pictures to look at
    window.set_up(window.Stalls())
    with bpy.context.temp_override(**view(), active_object=head(), selected_objects=[head()]):
        bpy.context.view_layer.objects.active = head()
        bpy.ops.object.shade_smooth()
    frame(0.95, 0.4)
    yield 2.0
    sidebar().active_panel_category = "AvatarTex"
    failed = []
    chapters = os.environ.get("AVATARTEX_CHAPTERS", "").split() or list(CHAPTERS)
    if "first_run" not in chapters:  # which sets it up
        os.environ["AVATARTEX_BACKEND_PYTHON"] = str(Path(os.environ["AVATARTEX_TOUR"]) / "env/bin/python")
    for chapter in chapters:
        try:
            yield from CHAPTERS[chapter]()
        except Exception:  # the later ones are worth looking at all the same
            failed.append(traceback.format_exc())
            print(failed[-1], flush=True)
    found["traceback"] = "\n".join(failed)
    found["finished"] = not failed


def the_first_run():
    bpy.context.preferences.system.use_online_access = True
    yield from shown("01-not-set-up", scroll=4)
    operator("check_setup")
    until = time.monotonic() + 60
    while addon("setup.backend_setup").current is not None and time.monotonic() < until:
        yield 0.2
    yield from shown("02-checked", scroll=4)
    area = view()["area"]
    area.ui_type = "PREFERENCES"
    bpy.context.preferences.active_section = "ADDONS"
    bpy.context.window_manager.addon_search = "avatartex"
    yield 1.0
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area, region=region):
        bpy.ops.preferences.addon_expand(module=PACKAGE)
    addon("preferences").preferences().backend_python = str(Path(os.environ["AVATARTEX_TOUR"]) / "env/bin/python")
    until = time.monotonic() + 90
    while addon("setup.backend_setup").current is not None and time.monotonic() < until:
        yield 0.2
    addon("setup.backend_setup").checks = None
    yield 2.0
    window.picture("03-preferences")
    found["boxes"]["03-preferences"] = {"view": box(area)}
    found["python"] = addon("preferences").find_backend_python()
    area.ui_type = "VIEW_3D"
    yield 3.0  # the sidebar glides in; until then the wheel is the viewport's
    sidebar().active_panel_category = "AvatarTex"


def the_texture():
    head().avatartex.size = "1024"
    frame(0.95, 0.4)
    yield from shown("04-no-portrait", scroll=4)
    operator("drop_portrait", filepath=os.environ["AVATARTEX_PORTRAIT"])
    yield from shown("05-ready", scroll=4)
    call(bpy.ops.avatartex.generate, "INVOKE_DEFAULT")
    taken = False
    until = time.monotonic() + 300
    while job().running and time.monotonic() < until:
        if not taken and Path(job().preview).stem and job().fraction > 0.3:
            taken = True
            yield 2.5
            keep("06-running")
        yield 0.05
    yield 1.0
    yield from shown("07-done-solid", scroll=4)
    shade("MATERIAL")
    yield 30.0
    yield from shown("08-done", scroll=4, seconds=4.0)
    shade("SOLID")


def the_correction():
    unfold("registration")
    call(bpy.ops.screen.area_split, direction="VERTICAL", factor=0.42)
    yield 0.5
    left = min((area for area in view()["screen"].areas if area.type == "VIEW_3D"), key=lambda area: area.x)
    left.ui_type = "IMAGE_EDITOR"
    yield 1.0
    frame(1.1, 0.55)
    sidebar().active_panel_category = "AvatarTex"
    operator("show_registration")
    yield from finished(120)
    frame(1.1, 0.55)
    yield from shown("09-registration")
    call(bpy.ops.avatartex.edit_pins_image, "INVOKE_DEFAULT")
    yield 1.0
    for name, by in (("mouth_left", (6, 10)), ("chin", (4, 14))):
        found.setdefault("dragged", {})[name] = list(pins.on_picture(name))
        yield from pins.drag("IMAGE_EDITOR", pins.on_picture(name), by)
    yield from finished(60)
    for _ in range(3):
        sidebar().tag_redraw()
        yield 0.4
    keep("10-pins")
    pins.xdo("mousemove", *pins.on_screen("IMAGE_EDITOR", pins.on_picture("chin")))
    yield 0.3
    pins.xdo("key", "Return")
    yield 1.0
    yield from finished(60)
    found["pins"] = pins.pins()
    operator("generate")
    yield from finished()
    unfold("history")
    yield from shown("11-corrected")
    editor = next(area for area in view()["screen"].areas if area.ui_type == "IMAGE_EDITOR")
    with bpy.context.temp_override(window=view()["window"], screen=view()["screen"], area=editor):
        bpy.ops.screen.area_close()
    yield 1.0
    sidebar().active_panel_category = "AvatarTex"
    frame(0.95, 0.4)


def the_regions():
    unfold("regions")
    bpy.context.window_manager.avatartex_overlay.show_provenance = True
    yield from shown("12-provenance")
    call(bpy.ops.view3d.view_orbit, angle=0.9, type="ORBITLEFT")
    yield from shown("13-provenance-side")
    bpy.context.window_manager.avatartex_overlay.show_provenance = False
    frame(0.95, 0.4)
    yield 0.5
    operator("regions_paint", kind="REDO")
    regions.ensure_brush()
    bpy.context.scene.tool_settings.unified_paint_settings.size = 24
    yield 6.0
    yield from regions.stroke([(0.30, 0.46), (0.32, 0.45), (0.33, 0.43), (0.325, 0.41), (0.31, 0.42), (0.315, 0.44)])
    yield from shown("14-painting")
    operator("regions_done")
    yield 0.5
    shade("SOLID")
    operator("redo_regions", seed=3)
    yield from finished()
    yield from shown("15-redone")
    unfold("history")
    yield from shown("16-results")


def the_variants():
    unfold("variants")
    yield from shown("17-variants")
    bpy.context.scene.avatartex_variants.styles = {"cel", "oil", "pencil"}
    bpy.context.scene.avatartex_variants.seeds = "0, 1"
    operator("variants_bake")
    until, taken = time.monotonic() + 600, False
    while job().running and time.monotonic() < until:
        if not taken and job().stage.startswith("Painting"):
            taken = True
            yield 0.5
            keep("18-baking")
        yield 0.1
    yield 1.0
    operator("variant_show", index=1)
    yield from shown("19-variant")
    operator("variant_show", index=1)  # off again


def the_batch():
    shade("SOLID")
    first = head()
    for number, name in enumerate(NAMES):
        copy = first.copy()
        copy.data, copy.name = first.data.copy(), name
        copy.data.materials.clear()
        copy.location = ((number % 5 - 2) * 1.9, 0, (number // 5) * 2.4)
        copy.avatartex.portrait, copy.avatartex.size = "", "512"
        bpy.context.scene.collection.objects.link(copy)
    bpy.data.objects.remove(first)
    call(bpy.ops.view3d.view_all)
    unfold("batch")
    yield from shown("20-batch-empty")
    operator("batch_fill", "EXEC_DEFAULT", directory=str(Path(os.environ["AVATARTEX_TOUR"]) / "portraits"))
    yield from shown("21-batch-filled")
    started = time.monotonic()
    operator("batch_run")
    rows = bpy.context.scene.avatartex_batch.rows
    until = time.monotonic() + 400
    while sum(row.state == "made" for row in rows) < 3 and time.monotonic() < until:
        yield 0.2
    yield from shown("22-batch-running", seconds=0.5)
    yield from finished(600)
    found["seconds"]["batch"] = round(time.monotonic() - started, 1)
    found["batch"] = {row.object_name: [row.state, row.reason] for row in rows}
    bpy.context.scene.avatartex_batch.active = next(
        (number for number, row in enumerate(rows) if row.state == "failed"), 0
    )
    yield from shown("23-batch-done", seconds=4.0)


CHAPTERS = {
    "first_run": the_first_run,
    "texture": the_texture,
    "correction": the_correction,
    "regions": the_regions,
    "variants": the_variants,
    "batch": the_batch,
}

if __name__ == "__main__":
    print(f"tour: {OUT}", flush=True)
    window.play(story)
