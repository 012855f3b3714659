"""The batch in Blender: the table of a scene, what is shared and linked, the run, the report."""

from __future__ import annotations

import csv
import json
import os
import time
from pathlib import Path

import bpy
import numpy as np
import pytest

from .conftest import NAMES


def table():
    return bpy.context.scene.avatartex_batch


def states():
    return {row.object_name: row.state for row in table().rows}


def reasons():
    return {row.object_name: row.reason for row in table().rows}


def fill(folder: Path, rule: str = "name"):
    return bpy.ops.avatartex.batch_fill(directory=str(folder), rule=rule)


def image_on(head):
    node = head.material_slots[0].material.node_tree.nodes.get("AvatarTex Texture")
    return node.image if node else None


def new_material(name, *heads):
    material = bpy.data.materials.new(name)
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    for head in heads:
        head.data.materials.append(material)
    return material


def test_each_head_gets_its_texture(cast, fake):
    assert fill(cast.folder) == {"FINISHED"}
    assert [row.object_name for row in table().rows] == list(NAMES)
    assert bpy.ops.avatartex.batch_run() == {"FINISHED"}
    assert set(states().values()) == {"done"}
    assert [image_on(head).name for head in cast.heads.values()] == [f"{name} AvatarTex" for name in NAMES]
    assert all(row.seconds > 0 and "1.2 s" in row.summary for row in table().rows)
    assert not bpy.ops.avatartex.batch_run.poll() and not cast.job.running


def test_style_and_seed_of_each_row_reach_the_backend(cast, fake, addon):
    fill(cast.folder)
    rows = table().rows
    rows[1].style, rows[1].seed = "anime", 12
    requests = []
    generate = addon("core.client").BackendClient.generate

    def listen(client, request):
        requests.append((Path(request.portrait).name, request.style, request.seed, request.size))
        generate(client, request)

    addon("core.client").BackendClient.generate = listen
    try:
        bpy.ops.avatartex.batch_run()
    finally:
        addon("core.client").BackendClient.generate = generate
    assert requests == [("anna.png", "auto", 0, 512), ("bob.png", "anime", 12, 512), ("clara.png", "auto", 0, 512)]


def maps_on(head):
    nodes = head.material_slots[0].material.node_tree.nodes
    return {node.name.removeprefix("AvatarTex Map ") for node in nodes if node.name.startswith("AvatarTex Map ")}


def test_maps_come_onto_the_heads_with_the_textures(cast, fake, addon):
    fill(cast.folder)
    table().maps = {"roughness", "ao"}
    bpy.ops.avatartex.batch_run()
    assert all(maps_on(head) == {"UV", "roughness", "ao"} for head in cast.heads.values())
    assert all(row.state == "done" and not row.reason for row in table().rows)
    shader = next(
        node for node in cast.heads["Anna"].material_slots[0].material.node_tree.nodes if node.type == "BSDF_PRINCIPLED"
    )
    rough = shader.inputs["Roughness"].links[0].from_node.image
    assert rough.packed_file and rough.colorspace_settings.name == "Non-Color" and rough.name == "Anna roughness"
    bpy.ops.avatartex.batch_retry(all=True)
    addon("api").batch(maps=["normal"])
    assert maps_on(cast.heads["Anna"]) == {"UV", "normal", "Tangents"}
    with pytest.raises(addon("api").AvatarTexError, match="gloss"):
        addon("api").batch(maps=["gloss"])
    assert table().maps == {"normal"}


def test_chosen_later_maps_come_onto_the_heads_that_are_done(cast, fake, addon):
    fill(cast.folder)
    bpy.ops.avatartex.batch_run()
    images = {name: image_on(head) for name, head in cast.heads.items()}
    assert not bpy.ops.avatartex.batch_run.poll()
    table().maps = {"roughness"}
    bpy.context.view_layer.objects.active = cast.heads["Clara"]
    bpy.ops.avatartex.restore()  # the artist wants no texture on her
    cast.heads["Bob"].avatartex.style = "anime"  # of the next texture, not of the one that is there
    assert set(states().values()) == {"done"} and bpy.ops.avatartex.batch_run.poll()
    assert not bpy.ops.avatartex.batch_submit.poll()
    addon("api").batch()
    assert set(states().values()) == {"done"} and not bpy.ops.avatartex.batch_run.poll()
    for name in ("Anna", "Bob"):
        assert maps_on(cast.heads[name]) == {"UV", "roughness"}
        assert image_on(cast.heads[name]) == images[name] and len(cast.heads[name].avatartex_history) == 1
    assert not cast.heads["Clara"].material_slots
    table().maps = {"roughness", "ao"}
    (cast.folder / "anna.png").unlink()
    bpy.ops.avatartex.batch_run()
    assert states() == {"Anna": "failed", "Bob": "done", "Clara": "done"} and "anna.png" in reasons()["Anna"]


def test_a_batch_that_is_torn_off_leaves_done_what_was_done(cast, fake, addon):
    fill(cast.folder)
    bpy.ops.avatartex.batch_run()
    said = [(row.seconds, row.summary) for row in table().rows]
    table().maps = {"roughness"}
    batch = addon("jobs.scene_batch").SceneBatch(bpy.context.scene)
    assert set(states().values()) == {"waiting"}
    batch.cancel()
    while not batch.step():
        pass
    batch.close()
    assert set(states().values()) == {"done"} and [(row.seconds, row.summary) for row in table().rows] == said


def test_one_warm_backend_for_all(cast, fake, addon):
    fill(cast.folder)
    pids = set()
    child = addon("core.child").Child
    begin = child.__init__

    def count(self, *arguments):
        begin(self, *arguments)
        pids.add(self.process.pid)

    child.__init__ = count
    try:
        bpy.ops.avatartex.batch_run()
    finally:
        child.__init__ = begin
    assert len(pids) == 1


def test_bad_rows_tell_why_and_stop_nobody(cast, fake, tmp_path):
    fill(cast.folder)
    (cast.folder / "anna.png").unlink()
    cast.heads["Bob"].data.uv_layers.remove(cast.heads["Bob"].data.uv_layers[0])
    csv_path = tmp_path / "more.csv"
    csv_path.write_text("object,portrait\nNobody,portraits/bob.png\n")
    bpy.ops.avatartex.batch_load(filepath=str(csv_path))
    bpy.ops.avatartex.batch_run()
    assert states() == {"Anna": "failed", "Bob": "failed", "Clara": "done", "Nobody": "failed"}
    assert "anna.png" in reasons()["Anna"] and "no UV map" in reasons()["Bob"] and "Nobody" in reasons()["Nobody"]
    (cast.folder / "anna.png").write_bytes(b"back again")
    bpy.ops.avatartex.batch_retry()
    before = image_on(cast.heads["Clara"])
    bpy.ops.avatartex.batch_run()
    assert states() == {"Anna": "done", "Bob": "failed", "Clara": "done", "Nobody": "failed"}
    assert image_on(cast.heads["Clara"]) == before


def test_it_goes_on_after_a_restart(cast, fake, addon, tmp_path):
    """Blender ends in the middle of the second character, after an autosave."""
    fill(cast.folder)
    batching = addon("jobs.scene_batch")
    run = batching.SceneBatch(bpy.context.scene)
    while states()["Anna"] != "done":
        run.step()
    run.step()
    assert states()["Bob"] == "running"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"))
    run.close()
    addon("session").close()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"))
    assert states() == {"Anna": "done", "Bob": "waiting", "Clara": "waiting"}
    assert not bpy.context.window_manager.avatartex_batch.running
    before = image_on(bpy.data.objects["Anna"])
    assert before.packed_file
    bpy.ops.avatartex.batch_run()
    assert set(states().values()) == {"done"} and image_on(bpy.data.objects["Anna"]) == before


def test_what_was_made_outlives_blender(cast, fake, addon, tmp_path, monkeypatch):
    """In a window nothing is on its head before the end: Blender ends when one of three is made."""
    fill(cast.folder)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"))
    batching, asked = addon("jobs.scene_batch"), []
    generate = addon("core.client").BackendClient.generate
    monkeypatch.setattr(
        addon("core.client").BackendClient,
        "generate",
        lambda own, request: (asked.append(Path(request.portrait).stem), generate(own, request))[1],
    )
    run = batching.SceneBatch(bpy.context.scene, at_once=False)
    while states()["Anna"] != "made":
        run.step()
    made = next(batching.kept_folder().glob("*/texture.png")).read_bytes()
    run.close()
    addon("session").close()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"))
    (cast.folder / "bob.png").write_bytes(b"another portrait")
    asked.clear()
    bpy.ops.avatartex.batch_run()
    assert set(states().values()) == {"done"} and asked == ["bob", "clara"]
    assert image_on(bpy.data.objects["Anna"]).packed_file.data == made
    bpy.ops.avatartex.batch_retry(all=True)  # on their heads: from here on another try is another job
    bpy.ops.avatartex.batch_run()
    assert asked == ["bob", "clara", "anna", "bob", "clara"]
    assert not list(batching.kept_folder().glob("*/answer.json"))


def test_pause_cancel_and_going_on(cast, fake, addon):
    fake("slow", FAKE_SECONDS="2")
    fill(cast.folder)
    batching = addon("jobs.scene_batch")
    run = batching.SceneBatch(bpy.context.scene)
    assert not bpy.ops.avatartex.batch_run.poll() and not bpy.ops.avatartex.generate.poll()
    run.step()
    bpy.ops.avatartex.batch_pause()
    until = time.monotonic() + 120
    while states()["Anna"] != "done" and time.monotonic() < until:
        run.step()
    assert not run.step() and states()["Bob"] == "waiting" and run.status.paused
    cast.choice.head = cast.heads["Bob"]
    cast.heads["Bob"].avatartex.portrait = str(cast.folder / "bob.png")
    assert bpy.ops.avatartex.generate.poll()
    bpy.ops.avatartex.batch_pause()
    run.step()
    assert states()["Bob"] == "running" and not run.status.paused
    bpy.ops.avatartex.batch_cancel()
    while not run.step():
        assert time.monotonic() < until
    run.close()
    assert states() == {"Anna": "done", "Bob": "waiting", "Clara": "waiting"} and not cast.job.running
    assert not bpy.ops.avatartex.batch_pause.poll() and not bpy.ops.avatartex.batch_cancel.poll()
    fake()
    bpy.ops.avatartex.batch_run()
    assert set(states().values()) == {"done"}


def test_what_undo_took_away_is_put_back_without_another_job(cast, fake, addon):
    """Undo in the middle of a batch gives an older table: its rows wait again."""
    fill(cast.folder)
    run = addon("jobs.scene_batch").SceneBatch(bpy.context.scene)
    while states()["Bob"] != "done":
        run.step()
    client, asked = addon("session").client(), []
    generate = client.generate
    client.generate = lambda request: (asked.append(Path(request.portrait).name), generate(request))
    table().rows[0].state = "waiting"
    cast.heads["Anna"].data.materials.clear()
    while not run.step():
        pass
    run.close()
    assert asked == ["clara.png"] and set(states().values()) == {"done"}
    assert image_on(cast.heads["Anna"]).name.startswith("Anna AvatarTex")


def test_a_changed_row_waits_again(cast, fake):
    fill(cast.folder)
    bpy.ops.avatartex.batch_run()
    fill(cast.folder)
    assert set(states().values()) == {"done"}  # the same portraits: nothing to do
    table().rows[1].seed = 5
    assert states()["Bob"] == "waiting"


def write_csv(folder, rows):
    path = folder / "table.csv"
    path.write_text("object,portrait\n" + "".join(f"{name},{portrait}\n" for name, portrait in rows))
    return path


def test_by_hand(cast):
    for head in cast.heads.values():
        head.select_set(head.name != "Bob")
    bpy.ops.avatartex.batch_add()
    bpy.ops.avatartex.batch_add()
    assert sorted(states()) == ["Anna", "Clara"]
    table().active = 0
    bpy.ops.avatartex.batch_remove()
    assert len(table().rows) == 1
    bpy.ops.avatartex.batch_remove(all=True)
    assert not table().rows and not bpy.ops.avatartex.batch_report.poll()


def test_reports(cast, fake, tmp_path):
    fill(cast.folder)
    (cast.folder / "bob.png").unlink()
    bpy.ops.avatartex.batch_run()
    for name in ("r.json", "r.csv"):
        assert bpy.ops.avatartex.batch_report(filepath=str(tmp_path / name)) == {"FINISHED"}
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["counts"] == {"waiting": 0, "running": 0, "made": 0, "done": 2, "skipped": 0, "failed": 1}
    lines = list(csv.DictReader((tmp_path / "r.csv").open()))
    assert [line["state"] for line in lines] == ["done", "failed", "done"] and "bob.png" in lines[1]["reason"]
    with pytest.raises(RuntimeError, match="could not be written"):
        bpy.ops.avatartex.batch_report(filepath=str(tmp_path / "no" / "such" / "r.json"))


def test_without_a_backend_the_rows_keep_waiting(cast, addon, monkeypatch):
    addon("session").close()
    monkeypatch.delenv("AVATARTEX_BACKEND_PYTHON", raising=False)
    fill(cast.folder)
    with pytest.raises(RuntimeError, match="not set up"):
        bpy.ops.avatartex.batch_run()
    assert states() == {"Anna": "failed", "Bob": "waiting", "Clara": "waiting"}


def test_the_api_is_the_same_batch(cast, fake, addon):
    api = addon("api")
    rows = api.batch(
        [
            (cast.heads["Anna"], cast.folder / "anna.png"),
            {"object": "Bob", "portrait": str(cast.folder / "bob.png"), "style": "photo", "seed": 4},
            ("Nobody", cast.folder / "bob.png"),
        ]
    )
    assert [(row.object_name, row.state, row.seed) for row in rows] == [
        ("Anna", "done", 0),
        ("Bob", "done", 4),
        ("Nobody", "failed", 0),
    ]


def test_operator_api_and_command_line_give_the_same_pixels(cast, fake, addon, monkeypatch):
    """A table that names style and seed per row, run in three ways; the heads' own settings mislead nobody."""
    client, asked, results = addon("core.client").BackendClient, [], []
    generate = client.generate
    monkeypatch.setattr(client, "generate", lambda own, request: (asked.append(request), generate(own, request))[1])
    rows = [("Anna", cast.folder / "anna.png", "photo", 3), ("Bob", cast.folder / "bob.png", "cartoon", 7)]
    csv_path = cast.folder / "t.csv"
    csv_path.write_text("object,portrait,style,seed\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))

    def note() -> None:
        requests = [
            {
                key: value
                for key, value in vars(request).items()
                if key != "job" and (key == "portrait" or not isinstance(value, str) or os.sep not in value)
            }
            for request in asked
        ]
        pixels = []
        for name, *_ in rows:
            values = np.empty(512 * 512 * 4, np.float32)
            image_on(bpy.data.objects[name]).pixels.foreach_get(values)
            pixels.append(values[-64 * 512 * 4 :])  # below, the fake's texels are noise
            bpy.context.view_layer.objects.active = bpy.data.objects[name]
            bpy.ops.avatartex.restore()
        results.append((requests, np.stack(pixels)))
        asked.clear()
        bpy.ops.avatartex.batch_remove(all=True)

    bpy.ops.avatartex.batch_load(filepath=str(csv_path))
    bpy.ops.avatartex.batch_run(shared="mesh")
    note()
    for head in cast.heads.values():
        head.avatartex.style, head.avatartex.seed = "anime", 5
    addon("api").batch(
        [{"object": name, "portrait": str(path), "style": style, "seed": seed} for name, path, style, seed in rows]
    )
    note()
    out = str(cast.folder / "out.blend")
    assert addon("cli.entry").main(["batch", "--table", str(csv_path), "--size", "512", "--output", out]) == 0
    note()
    first, *others = results
    assert [(request["seed"], request["style"], request["size"]) for request in first[0]] == [
        (3, "photo", 512),
        (7, "cartoon", 512),
    ] and first[1].any()
    for requests, pixels in others:
        assert requests == first[0] and np.array_equal(pixels, first[1])
