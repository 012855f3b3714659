"""Runs inside a real Blender with a window: ten characters as a batch, results, and ten ways to break it.

Environment: as in_window.py; the fake backend only. Leaves pictures and found.json in AVATARTEX_OUT.
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
from in_window import OUT, PACKAGE, call, found, job, picture, view

NAMES = ("Anna", "Bob", "Clara", "David", "Emma", "Felix", "Greta", "Hugo", "Ida", "Jonas")
BAD = "Felix"
found["draw"] = {}


def addon(name):
    return importlib.import_module(f"{PACKAGE}.{name}")


def run():
    return bpy.context.window_manager.avatartex_batch


def rows():
    return bpy.context.scene.avatartex_batch.rows


def states():
    return [row.state for row in rows()]


def unfold():
    """The child panels open, before they are drawn for the first time."""
    for module, name in (("ui.results_panel", "AVATARTEX_PT_history"), ("ui.batch_panel", "AVATARTEX_PT_batch")):
        cls = getattr(addon(module), name)
        bpy.utils.unregister_class(cls)
        cls.bl_options = set()
        cls.draw = timed(cls.draw, name)
        bpy.utils.register_class(cls)
    window.clock(addon("jobs.scene_batch"), "apply", "RowTask")
    window.clock(addon("jobs.generation"), "remember_result")


def timed(draw, name):
    """Measures every drawing, in the processor's time: the cores are shared with other work."""
    spent = []

    def measured(self, context):  # Blender looks at the signature
        started = time.thread_time()
        draw(self, context)
        spent.append((time.thread_time() - started) * 1000)
        found["draw"][name] = {"median": round(sorted(spent)[len(spent) // 2], 2), "longest": round(max(spent), 2)}

    return measured


def snapshot():
    """Everything that a batch or a result changes, as data."""
    heads = [thing for thing in bpy.data.objects if thing.type == "MESH"]
    materials = sorted(bpy.data.materials, key=lambda material: material.name)
    return json.dumps(
        {
            "images": sorted(
                (i.name, i.users, i.use_fake_user)
                for i in bpy.data.images
                if i.name not in ("Render Result", "Viewer Node")
            ),
            "slots": [[(s.link, s.material and s.material.name) for s in head.material_slots] for head in heads],
            "materials": [(m.name, m.users) for m in materials],
            "nodes": [
                sorted((n.name, n.image.name if getattr(n, "image", None) else "") for n in m.node_tree.nodes)
                for m in materials
                if m.node_tree
            ],
            "links": [
                sorted((k.from_node.name, k.to_node.name, k.to_socket.name) for k in m.node_tree.links)
                for m in materials
                if m.node_tree
            ],
            "history": [
                [(e.name, e.image and e.image.name, e.favourite) for e in head.avatartex_history] for head in heads
            ],
            "previous": [
                [
                    str(getattr(entry, name))
                    for entry in head.avatartex_previous
                    for name in ("inserted", "exchanged", "replaced")
                ]
                for head in heads
            ],
            "rows": [(row.object_name, row.portrait, row.state, row.reason) for row in rows()],
        }
    )


def cast():
    """Ten heads in two rows, and a portrait for each; one is no face."""
    folder = OUT / "portraits"
    folder.mkdir(exist_ok=True)
    first = bpy.data.objects["Head"]
    for number, name in enumerate(NAMES):
        head = first.copy()
        head.data, head.name = first.data.copy(), name
        head.data.materials.clear()
        head.location = ((number % 5 - 2) * 2.4, 0, (number // 5) * 2.6)
        bpy.context.scene.collection.objects.link(head)
        picture_of = Path(os.environ["AVATARTEX_PORTRAIT"])
        file = folder / f"{'bad ' if name == BAD else ''}{name.lower()}{picture_of.suffix}"
        file.write_bytes(picture_of.read_bytes())
    bpy.data.objects.remove(first)
    call(bpy.ops.view3d.view_all)
    return folder


def redraw():
    next(r for r in view()["area"].regions if r.type == "UI").tag_redraw()


def until(condition, seconds=300.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        yield 0.02


def until_over(seconds=300.0):
    yield from until(lambda: not run().running and not job().running, seconds)
    yield 0.3


def operator(name, **options):
    """As from a button: with its undo step."""
    with bpy.context.temp_override(**view()):
        return getattr(bpy.ops.avatartex, name)("INVOKE_DEFAULT", True, **options)


def story():
    stalls = window.Stalls()
    os.environ.pop("AVATARTEX_BACKEND_PYTHON", None)
    window.set_up(stalls)
    unfold()
    window.fake_python()
    window.backend("slow", "0.8")
    folder = cast()
    for thing in bpy.data.objects:
        thing.avatartex.size = "512"
    call(bpy.ops.ed.undo_push, message="Cast")
    yield 1.0
    region = next(r for r in view()["area"].regions if r.type == "UI")
    region.active_panel_category = "AvatarTex"
    redraw()
    yield 1.0
    picture("crowd-1-empty")
    with bpy.context.temp_override(**view()):
        bpy.ops.avatartex.batch_fill("EXEC_DEFAULT", True, directory=str(folder))
    found["filled"] = len(rows())
    redraw()
    yield 1.5
    picture("crowd-2-filled")
    yield from the_batch(stalls)
    print("batch done", flush=True)
    yield from the_results()
    print("results done", flush=True)
    yield from the_accidents(stalls, folder)
    found["finished"] = True
    yield from the_end()


def the_batch(stalls):
    before = snapshot()
    stalls.reset()
    started = time.monotonic()
    operator("batch_run")
    found["batch_runs_after_click"] = run().running
    yield from until(lambda: states().count("made") >= 3)
    operator("batch_pause")
    yield from until(lambda: not job().running)
    yield 0.5
    found["paused"] = [run().paused, "running" in states()]
    redraw()
    yield 0.5
    picture("crowd-3-paused")
    operator("batch_pause")
    yield 0.8
    picture("crowd-4-running")
    yield from until_over()
    found["seconds"]["batch"] = round(time.monotonic() - started, 1)
    stalls.note("batch")
    found["batch"] = dict(zip((row.object_name for row in rows()), states()))
    bpy.context.scene.avatartex_batch.active = list(found["batch"]).index(BAD)
    redraw()
    yield 0.5
    picture("crowd-5-done")
    bpy.context.scene.avatartex_batch.active = 0
    after = snapshot()
    call(bpy.ops.ed.undo)
    yield 0.5
    found["batch_undo"] = snapshot() == before
    call(bpy.ops.ed.redo)
    yield 0.5
    found["batch_redo"] = snapshot() == after


def the_results():
    bpy.context.scene.avatartex.head = bpy.data.objects["Anna"]
    bpy.data.objects["Anna"].avatartex.portrait = os.environ["AVATARTEX_PORTRAIT"]
    call(bpy.ops.ed.undo_push, message="Head")
    before = snapshot()
    call(bpy.ops.avatartex.new_seed, "INVOKE_DEFAULT")
    yield from until_over()
    call(bpy.ops.ed.undo)
    yield 0.3
    found["generate_undo"] = snapshot() == before
    call(bpy.ops.ed.redo)
    for _ in range(3):
        call(bpy.ops.avatartex.new_seed, "INVOKE_DEFAULT")
        yield from until_over()
    operator("pin_result", index=1)
    before = snapshot()
    operator("show_result", index=0)
    after = snapshot()
    yield 1.0
    picture("crowd-6-results")
    call(bpy.ops.ed.undo)
    yield 0.3
    found["switch_undo"] = before != after and snapshot() == before
    call(bpy.ops.ed.redo)
    yield 0.3
    found["switch_redo"] = snapshot() == after
    operator("compare")
    yield 0.5
    picture("crowd-7-compared")
    call(bpy.ops.ed.undo)
    yield 0.3
    found["compare_undo"] = snapshot() == after


def the_accidents(stalls, folder):
    """Undo, deletion, another file, all in the middle of jobs."""
    window.backend("slow", "1.5")
    call(bpy.ops.avatartex.generate, "INVOKE_DEFAULT")
    yield 0.5
    bpy.data.objects["Bob"].location.z += 1
    call(bpy.ops.ed.undo_push, message="Move")
    call(bpy.ops.ed.undo)
    number = len(bpy.data.objects["Anna"].avatartex_history)
    yield from until_over()
    found["undo_during_job"] = [job().error_code, len(bpy.data.objects["Anna"].avatartex_history) - number]

    call(bpy.ops.avatartex.generate, "INVOKE_DEFAULT")
    yield 0.3
    with bpy.context.temp_override(**view(), selected_objects=[bpy.data.objects["Anna"]]):
        bpy.ops.object.delete("EXEC_DEFAULT", True)
    yield from until_over()
    found["deleted_during_job"] = [job().error_code, job().error_message]
    yield 0.3
    picture("crowd-8-deleted")
    call(bpy.ops.ed.undo)

    window.backend("slow", "0.5")
    operator("batch_retry", all=True)
    asked = []
    client = addon("core.client").BackendClient
    generate = client.generate
    client.generate = lambda self, request: (asked.append(request.portrait), generate(self, request))[1]
    operator("batch_run")
    yield from until(lambda: states().count("made") >= 2)
    bpy.data.objects["Bob"].location.z += 1
    call(bpy.ops.ed.undo_push, message="Move")
    yield from until(lambda: states().count("made") >= 4)
    call(bpy.ops.ed.undo)
    found["undone_during_batch"] = states().count("made")
    yield from until_over()
    client.generate = generate
    found["undo_during_batch"] = [states().count("done"), len(asked)]

    operator("batch_retry", all=True)
    operator("batch_run")
    yield from until(lambda: states().count("made") >= 1)
    bpy.ops.wm.save_as_mainfile(filepath=str(OUT / "crowd.blend"))
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.wm.open_mainfile(filepath=str(OUT / "crowd.blend"))
    yield 0.5
    found["load_during_batch"] = [run().running, job().running, "running" in states(), states().count("waiting") > 0]
    operator("batch_run")
    yield from until_over()
    found["batch_after_load"] = states().count("done")
    window.backend("slow", "3")
    call(bpy.ops.avatartex.generate, "INVOKE_DEFAULT")
    yield 0.5
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.wm.open_mainfile(filepath=str(OUT / "crowd.blend"))
    yield 0.3
    call(bpy.ops.avatartex.generate, "INVOKE_DEFAULT")
    yield from until_over()
    found["generate_after_load"] = [job().error_code, job().error_message, job().object_name]


def the_end():
    """Quit in the middle of a job; a watcher that outlives Blender looks for what is left."""
    window.backend("slow", "30")
    call(bpy.ops.avatartex.generate, "INVOKE_DEFAULT")
    yield from until(lambda: addon("session").client().child is not None)
    yield 0.7
    backend = addon("session").client().child.process.pid
    found["quit_with"] = [backend, os.getpid()]
    (OUT / "found.json").write_text(json.dumps(found, indent=2))
    subprocess.Popen(
        ["sh", "-c", f"sleep 4; for p in {backend} {os.getpid()}; do kill -0 $p && echo $p; done > {OUT}/left.txt"],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    bpy.ops.wm.quit_blender()
    yield 5.0


if __name__ == "__main__":
    window.play(story)
