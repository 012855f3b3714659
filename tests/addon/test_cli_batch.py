"""blender --command avatartex batch and doctor."""

from __future__ import annotations

import json

import bpy
import pytest

from .conftest import make_head


@pytest.fixture
def crowd(scene, tmp_path):
    """Two heads in a collection, one outside it, and portraits for all."""
    bpy.data.objects.remove(scene.head)
    collection = bpy.data.collections.new("Crowd")
    bpy.context.scene.collection.children.link(collection)
    for name in ("Anna", "Bob"):
        collection.objects.link(make_head(name))
    make_head("Clara")
    for name in ("anna", "bob", "clara"):
        (tmp_path / f"{name}.png").write_bytes(b"the fake backend does not look at it")
    return tmp_path


def run(addon, *words) -> int:
    return addon("cli.entry").main(["batch", *map(str, words)])


def states():
    return {row.object_name: row.state for row in bpy.context.scene.avatartex_batch.rows}


def test_a_table(crowd, fake, each_message, addon, capsys):
    (crowd / "t.csv").write_text("object,portrait,seed\nAnna,anna.png,3\nClara,clara.png,\n")
    code = run(
        addon,
        "--table",
        crowd / "t.csv",
        "--output",
        crowd / "out.blend",
        "--report",
        crowd / "r.json",
        "--report",
        crowd / "r.csv",
        "--size",
        "512",
    )
    said = capsys.readouterr()
    assert code == 0 and said.out.strip().splitlines()[-1] == str(crowd / "out.blend")
    assert "Batch: 2 done" in said.err and "Anna: Inpainting" in said.err
    report = json.loads((crowd / "r.json").read_text())
    assert report["counts"]["done"] == 2 and report["rows"][0]["seed"] == 3
    assert (crowd / "r.csv").is_file()
    bpy.ops.wm.open_mainfile(filepath=str(crowd / "out.blend"))
    assert states() == {"Anna": "done", "Clara": "done"} and bpy.data.images["Anna AvatarTex"].packed_file


def test_maps_are_the_files_own_or_those_that_are_named(crowd, fake, addon, capsys):
    (crowd / "t.csv").write_text("object,portrait\nAnna,anna.png\n")
    table, where = bpy.context.scene.avatartex_batch, ("--table", crowd / "t.csv", "--output", crowd / "out.blend")
    assert run(addon, *where, "--maps", "gloss") == 2 and "gloss" in capsys.readouterr().err and not table.maps
    assert run(addon, *where, "--maps", "roughness, ao") == 0
    assert table.maps == {"roughness", "ao"} and "Anna roughness" in bpy.data.images
    bpy.data.images.remove(bpy.data.images["Anna roughness"])
    bpy.ops.avatartex.batch_retry(all=True)
    assert run(addon, *where) == 0 and table.maps == {"roughness", "ao"} and "Anna roughness" in bpy.data.images


def test_a_collection_and_a_bad_portrait_then_retry(crowd, fake, addon, capsys):
    out = crowd / "out.blend"
    bob = crowd / "bob.png"
    add = addon("scene.characters").add_row
    add(bpy.context.scene, bpy.data.objects["Bob"], portrait=str(crowd / "gone.png"))
    add(bpy.context.scene, bpy.data.objects["Anna"], portrait=str(crowd / "anna.png"))
    assert run(addon, "--output", out) == 3
    assert "failed  Bob: The portrait 'gone.png'" in capsys.readouterr().err
    bpy.ops.wm.open_mainfile(filepath=str(out))
    bob.rename(crowd / "gone.png")
    assert run(addon, "--retry", "--overwrite") == 0
    assert states() == {"Bob": "done", "Anna": "done"} and [  # Anna was not done again
        each.name for each in bpy.data.images if each.name.startswith("Anna")
    ] == ["Anna AvatarTex", "Anna Provenance"]
    assert run(addon, "--overwrite") == 0  # nothing waits


def test_only_the_collection(crowd, fake, addon):
    assert run(addon, "--collection", "Crowd", "--portraits", crowd, "--output", crowd / "out.blend") == 0
    assert states() == {"Anna": "done", "Bob": "done"}


def test_options_are_for_every_row_and_a_row_has_its_own_style_and_seed(crowd, fake, addon):
    (crowd / "t.csv").write_text("object,portrait,style,seed\nAnna,anna.png,anime,3\nClara,clara.png,,\n")
    assert (
        run(
            addon,
            "--table",
            crowd / "t.csv",
            "--output",
            crowd / "out.blend",
            "--size",
            "512",
            "--light",
            "even",
            "--hair",
            "bare",
            "--style",
            "photo",
            "--seed",
            "8",
        )
        == 0
    )
    made = {name: bpy.data.objects[name].avatartex_history[0] for name in ("Anna", "Clara")}
    assert all((one.light, one.hair, one.size) == ("even", "bare", 512) for one in made.values())
    assert [(one.style, one.seed) for one in made.values()] == [("anime", 3), ("photo", 8)]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--collection", "Nobody"], "'Crowd'"),
        (["--table", "gone.csv"], "gone.csv"),
        ([], "no batch"),
        (["--portraits", "/no/such/folder"], "no folder"),
        (["--seed", "-1"], "Seed cannot be -1"),
        (["--hair", "wig"], "keep, bare"),
    ],
)
def test_refusals(crowd, fake, addon, capsys, words, text):
    out = crowd / "out.blend"
    assert run(addon, *words, "--output", out) == 2
    said = capsys.readouterr().err
    assert "[bad-request]" in said and text in said and not out.exists()


def test_a_folder_without_a_fit(crowd, fake, addon, tmp_path_factory, capsys):
    assert run(addon, "--portraits", tmp_path_factory.mktemp("empty"), "--output", crowd / "out.blend") == 2
    assert "fits a head" in capsys.readouterr().err


def test_help_is_the_manual(addon, capsys):
    assert run(addon, "--help") == 0
    assert "--command avatartex batch --table" in capsys.readouterr().out


class TestDoctor:
    def test_the_backends_own_examination(self, scene, addon, monkeypatch, capfd):
        import sys

        monkeypatch.setenv("AVATARTEX_BACKEND_PYTHON", sys.executable)
        code = addon("cli.entry").main(["doctor"])
        said = capfd.readouterr().out
        assert code == 0, said
        assert "Blender" in said and "onnxruntime" in said

    def test_no_backend(self, scene, addon, monkeypatch, capsys):
        monkeypatch.delenv("AVATARTEX_BACKEND_PYTHON", raising=False)
        assert addon("cli.entry").main(["doctor"]) == 2
        assert "[backend-missing]" in capsys.readouterr().err
