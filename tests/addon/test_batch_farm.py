"""Export Farm Bundle: the scene's waiting characters with all that their jobs read, as a bundle that is checked."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import bpy
import pytest


@pytest.fixture
def filled(cast):
    assert bpy.ops.avatartex.batch_fill(directory=str(cast.folder), rule="name") == {"FINISHED"}
    return cast


def submit(folder: Path):
    return bpy.ops.avatartex.batch_submit(directory=str(folder))


def rows():
    return bpy.context.scene.avatartex_batch.rows


def test_waiting_characters_become_a_bundle(filled, addon, tmp_path):
    rows()[0].state, rows()[1].seed = "done", 12
    filled.heads["Clara"].avatartex.light = "keep"
    assert submit(tmp_path / "farm") == {"FINISHED"}
    table = addon("backend.farm.table")
    bob, clara = table.read_rows(tmp_path / "farm" / "bundle" / "jobs.csv")
    assert (bob.fields["seed"], bob.fields["size"], clara.fields["light"]) == (12, 512, "keep")
    assert Path(bob.fields["portrait"]).samefile(filled.folder / "bob.png")
    assert Path(bob.fields["capture"]).is_file() and Path(bob.output).parent == Path(bob.fields["capture"]).parent
    template = json.loads((tmp_path / "farm" / "bundle" / "template.json").read_text())
    assert template["steps"][0]["parameterSpace"]["taskParameterDefinitions"][0]["type"] == "CHUNK[INT]"
    assert not filled.job.running and [row.state for row in rows()] == ["done", "waiting", "waiting"]
    assert Path(bpy.context.scene.avatartex_batch.farm) == tmp_path / "farm"
    with pytest.raises(RuntimeError, match="not empty"):
        submit(tmp_path / "farm")


def test_pins_and_what_is_on_the_head_travel_with_it(filled, addon, tmp_path):
    addon("scene.pins").set_pin(filled.heads["Anna"], "chin", location=(0.0, -0.12, 0.0))
    image = bpy.data.images.new("Painted", 8, 8)
    material = bpy.data.materials.new("Skin")
    material.use_nodes = True
    node = material.node_tree.nodes.new("ShaderNodeTexImage")
    node.image = image
    material.node_tree.links.new(node.outputs[0], material.node_tree.nodes["Principled BSDF"].inputs["Base Color"])
    filled.heads["Anna"].data.materials.append(material)
    assert submit(tmp_path / "farm") == {"FINISHED"}
    anna, bob, _ = addon("backend.farm.table").read_rows(tmp_path / "farm" / "characters.csv")
    assert [pin["name"] for pin in anna.request().pins] == ["chin"]
    assert Path(anna.fields["base_texture"]).is_file() and "base_texture" not in bob.fields


def test_a_character_that_cannot_work_is_said_and_nothing_is_left(filled, tmp_path):
    (filled.folder / "bob.png").unlink()
    filled.heads["Clara"].data.uv_layers.remove(filled.heads["Clara"].data.uv_layers[0])
    with pytest.raises(RuntimeError, match=r"Bob: .*1 more cannot work"):
        submit(tmp_path / "farm")
    assert not (tmp_path / "farm").exists() and not filled.job.running


def test_without_waiting_characters_it_is_grey(cast):
    assert not bpy.ops.avatartex.batch_submit.poll()


@pytest.fixture
def farm(filled, addon, fake_python, tmp_path):
    """An exported bundle, and what runs some of its rows as a farm does; Anna's portrait is refused there."""
    (filled.folder / "bad.png").write_bytes(b"the fake backend refuses its name")
    rows()[0].portrait = str(filled.folder / "bad.png")
    assert submit(tmp_path / "farm") == {"FINISHED"}

    return partial(run_rows, addon, fake_python)


def run_rows(addon, fake_python, folder: Path, *names: str) -> None:
    worker = addon("backend.farm.worker").Worker([fake_python, "-m", "backend", "serve"])
    for character in addon("jobs.farm_results").read_characters(folder):
        if any(name in character.row.output for name in names):
            addon("backend.farm.rows").do_row(character.row, worker)
    worker.close()


def collected(folder: Path, *how) -> list[tuple[str, str]]:
    assert bpy.ops.avatartex.batch_collect(*how, directory=str(folder)) == {"FINISHED"}
    return [(row.object_name, row.state) for row in rows()]


def shown(head):
    return pictures(head)[0].image


def pictures(head):
    (slot,) = head.material_slots
    return [node for node in slot.material.node_tree.nodes if node.type == "TEX_IMAGE"]


def test_results_come_back_onto_their_heads(filled, farm, tmp_path):
    folder = tmp_path / "farm"
    assert collected(folder) == [("Anna", "waiting"), ("Bob", "waiting"), ("Clara", "waiting")]
    filled.heads["Bob"].avatartex.seed = 77  # the artist goes on meanwhile
    farm(folder, "Anna", "Bob")
    moved = folder.rename(tmp_path / "came back")
    assert collected(moved) == [("Anna", "failed"), ("Bob", "done"), ("Clara", "waiting")]
    assert rows()[0].code and rows()[0].reason and rows()[0].cure and rows()[1].summary
    bob = filled.heads["Bob"]
    image = shown(bob)
    assert image.size[0] == 512 and image.packed_file
    (entry,) = bob.avatartex_history
    assert entry.seed == 0 and bob.avatartex.seed == 77 and Path(entry.portrait).name == "bob.png"
    assert not filled.heads["Anna"].material_slots and not filled.heads["Clara"].material_slots
    farm(moved, "Clara")
    assert collected(moved) == [("Anna", "failed"), ("Bob", "done"), ("Clara", "done")]
    assert shown(bob) == image and len(bob.avatartex_history) == 1  # not laid on twice


def test_results_are_looked_for_where_they_were_exported(addon, tmp_path):
    bpy.context.scene.avatartex_batch.farm = str(tmp_path)
    collecting = addon("operators.submit_batch").AVATARTEX_OT_batch_collect
    for chosen, expected in (("", str(tmp_path)), ("/elsewhere", "/elsewhere")):
        browser = SimpleNamespace(directory=chosen)
        collecting.suggest(browser, bpy.context)
        assert browser.directory == expected


def test_the_panel_names_the_farms_folder_while_characters_wait(filled, addon, tmp_path):
    panel, idnames = addon("ui.batch_panel"), addon("core.idnames").Op
    table, run = bpy.context.scene.avatartex_batch, bpy.context.window_manager.avatartex_batch

    def drawn() -> tuple[set[str], str]:
        layout = MagicMock()
        panel.AVATARTEX_PT_batch.draw_run(None, layout, bpy.context, table, run)
        buttons = {call.args[0] for call in layout.row.return_value.operator.call_args_list}
        return buttons, str(layout.mock_calls)

    assert idnames.BATCH_SUBMIT in drawn()[0] and idnames.BATCH_COLLECT not in drawn()[0]
    assert submit(tmp_path / "night farm") == {"FINISHED"}
    buttons, texts = drawn()
    assert idnames.BATCH_COLLECT in buttons and "night farm" in texts
    for row in rows():
        row.state = "done"
    assert idnames.BATCH_COLLECT not in drawn()[0]


def test_several_tiles_come_back_as_one_image_with_its_maps(filled, addon, fake_python, tmp_path, monkeypatch):
    bpy.context.scene.avatartex_batch.maps = {"roughness"}
    submit(tmp_path / "farm")
    monkeypatch.setenv("FAKE_BACKEND", "tiles")
    run_rows(addon, fake_python, tmp_path / "farm", "Bob")
    assert collected(tmp_path / "farm")[1] == ("Bob", "done")
    image, rough = (node.image for node in pictures(filled.heads["Bob"]))
    assert [tile.number for tile in image.tiles] == [tile.number for tile in rough.tiles] == [1001, 1002]
    assert rough.name == "Bob roughness" and rough.colorspace_settings.name == "Non-Color"


def test_what_came_back_is_one_step_of_undo(filled, farm, tmp_path):
    farm(tmp_path / "farm", "Bob", "Clara")
    bpy.ops.ed.undo_push(message="before")
    assert [state for _, state in collected(tmp_path / "farm", "EXEC_DEFAULT", True)] == ["waiting", "done", "done"]
    bpy.ops.ed.undo()
    assert [row.state for row in rows()] == ["waiting"] * 3
    assert not any(bpy.data.objects[name].material_slots for name in filled.heads)


def test_heads_that_share_a_mesh_share_what_came_back(filled, farm, tmp_path):
    twin = bpy.data.objects.new("Twin", filled.heads["Bob"].data)
    bpy.context.scene.collection.objects.link(twin)
    row = rows().add()
    row.object, row.key = twin, "twin"
    farm(tmp_path / "farm", "Bob")
    assert collected(tmp_path / "farm")[3] == ("Twin", "skipped") and "'Bob'" in rows()[3].reason


def test_a_head_that_is_gone_and_a_folder_that_is_none_are_said(filled, farm, tmp_path):
    farm(tmp_path / "farm", "Bob")
    bpy.data.objects.remove(filled.heads.pop("Bob"))
    assert collected(tmp_path / "farm")[1][1] == "failed" and "Bob" in rows()[1].reason
    with pytest.raises(RuntimeError, match="no folder that Export Farm Bundle wrote"):
        bpy.ops.avatartex.batch_collect(directory=str(tmp_path))
