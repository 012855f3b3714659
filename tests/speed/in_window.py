"""Runs inside a real Blender with a window, started by window.py: a dense head, 4K textures, every job once."""

import functools
import importlib
import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "gui"))

import bpy
import numpy as np
from in_window import OUT, PACKAGE, Stalls, backend, call, fake_python, found, job, play, set_up, view, wait_for_job

SIZE = "4096"
calls = found["calls"] = {}
phase = "start"
#: What Blender calls on its own thread: a method with its class, or a function.
CLOCKED = (
    *(("jobs.generation", f"Generation.{name}") for name in ("__init__", "apply", "step")),
    *(("jobs.variant_bake", f"VariantBake.{name}") for name in ("__init__", "apply", "step")),
    ("jobs.scene_batch", "SceneBatch.step"),
    ("core.batch", "BatchRun._apply"),
    ("scene.overlay", "find_batch"),
    ("scene.thumbnails", "preview"),
    ("core.chore", "Chore.step"),
)


def clock(module, dotted):
    owner = importlib.import_module(f"{PACKAGE}.{module}")
    *path, name = dotted.split(".")
    for part in path:
        owner = getattr(owner, part)
    original = getattr(owner, name)

    @functools.wraps(original)
    def timed(*arguments, **options):
        with measured(dotted):
            return original(*arguments, **options)

    setattr(owner, name, timed)


class measured:
    """Milliseconds by the clock, and of this thread's own work: the cores are shared."""

    def __init__(self, label):
        self.label = label

    def __enter__(self):
        self.start = time.perf_counter(), time.thread_time()

    def __exit__(self, *_):
        wall, work = ((now - then) * 1000 for now, then in zip((time.perf_counter(), time.thread_time()), self.start))
        worst = calls.setdefault(phase, {}).setdefault(self.label, [0.0, 0.0])
        if work > worst[0]:
            worst[:] = [round(work, 1), round(wall, 1)]


def clock_panels():
    for cls in importlib.import_module(PACKAGE).CLASSES:
        if "_PT_" in cls.__name__:
            clock_drawing(cls)


def clock_drawing(cls):
    original = cls.draw

    def draw(self, context):  # Blender looks at the signature
        with measured(f"draw {cls.bl_label}"):
            original(self, context)

    cls.draw = draw


def put_head():
    arrays = np.load(os.environ["AVATARTEX_DENSE"])
    mesh = bpy.data.meshes.new("Dense")
    mesh.from_pydata(arrays["vertices"].tolist(), [], arrays["triangles"].tolist())
    mesh.uv_layers.new(name="UVMap").uv.foreach_set("vector", arrays["corner_uvs"].ravel())
    head = bpy.data.objects["Head"]
    material = head.data.materials[0]
    mesh.materials.append(material)
    head.data = mesh
    image = bpy.data.images.load(os.environ["AVATARTEX_SKIN"])
    image.pack()
    node = material.node_tree.nodes.new("ShaderNodeTexImage")
    node.image = image
    shader = material.node_tree.nodes["Principled BSDF"]
    material.node_tree.links.new(node.outputs["Color"], shader.inputs["Base Color"])
    found["faces"] = len(mesh.polygons)
    return head


def one_job(name, operator, **options):
    global phase
    phase = name
    with measured("click"):
        call(operator, "INVOKE_DEFAULT", **options)
    yield 0.1
    yield from wait_for_job(240)
    yield 0.5
    found.setdefault("errors", {})[name] = job().error_message
    (OUT / "found.json").write_text(json.dumps(found))  # what there is, where the session is cut short


def story():
    """Every job once. Registering is measured without a window (tests/addon/test_extension.py)."""
    global phase
    os.environ.pop("AVATARTEX_BACKEND_PYTHON", "")
    set_up(Stalls())
    yield 1.0
    for module, dotted in CLOCKED:
        clock(module, dotted)
    clock_panels()
    fake_python()
    backend("", "1")
    head = put_head()
    scene = bpy.context.scene
    scene.avatartex.head, settings = head, head.avatartex
    settings.portrait, settings.size = os.environ["AVATARTEX_PORTRAIT"], SIZE
    region = next(r for r in view()["area"].regions if r.type == "UI")
    region.active_panel_category = "AvatarTex"
    call(bpy.ops.ed.undo_push, message="Set up")
    yield 1.0
    yield from one_job("generate over a packed 4K image", bpy.ops.avatartex.generate)
    yield from one_job("generate over our own texture", bpy.ops.avatartex.generate)
    phase = "mix"
    for factor in (0.5, 0.3, 1.0):
        with measured("mix change"):
            head.avatartex_mix.factor = factor
    phase = "overlay"
    bpy.context.window_manager.avatartex_overlay.show_provenance = True
    view()["area"].tag_redraw()
    yield 5.0
    bpy.context.window_manager.avatartex_overlay.show_provenance = False
    variants = scene.avatartex_variants
    variants.styles, variants.size, variants.seeds = {"cel", "oil"}, SIZE, "0"
    yield from one_job("bake variants", bpy.ops.avatartex.variants_bake)
    for index in (0, 1, 1):
        phase = "switch variants"
        with measured("click"):
            call(bpy.ops.avatartex.variant_show, index=index)
        yield 0.3
    phase = "batch"
    importlib.import_module(f"{PACKAGE}.scene.characters").add_row(scene, head, portrait=settings.portrait)
    call(bpy.ops.avatartex.batch_run, "INVOKE_DEFAULT", shared="mesh")
    until = time.monotonic() + 120
    while bpy.context.window_manager.avatartex_batch.running and time.monotonic() < until:
        yield 0.05
    found["batch"] = [row.state for row in scene.avatartex_batch.rows]
    image = head.avatartex_history[len(head.avatartex_history) - 1].image
    image.pixels[0] = 0.5  # as a stroke leaves it: changed, and in memory only
    yield from one_job("generate over a painted 4K image", bpy.ops.avatartex.generate)
    phase = "fill regions"
    with measured("click"):
        call(bpy.ops.avatartex.regions_fill, "INVOKE_DEFAULT", kind="REDO", source="GENERATED")
    until = time.monotonic() + 60
    while head.avatartex_regions.mask is None and time.monotonic() < until:
        yield 0.05
    yield 1.0
    yield from one_job("redo regions", bpy.ops.avatartex.redo_regions)
    found["finished"] = True


if __name__ == "__main__":
    play(story)
