"""Export Farm Bundle: the scene's waiting characters with all that their jobs read, as a bundle that is checked."""

from __future__ import annotations

import json
from pathlib import Path

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
