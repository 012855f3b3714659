"""Further portraits and a pins file, from the artist's list or a script to what the backend is asked."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import pytest

from .conftest import make_head
from .test_api import request_of
from .test_preflight import obstacles, press  # noqa: F401


@pytest.fixture
def sides(tmp_path) -> list[Path]:
    paths = [tmp_path / "left.png", tmp_path / "right.png"]
    for path in paths:
        path.write_bytes(b"the fake backend does not look at it")
    return paths


def add(*paths: Path):
    return bpy.ops.avatartex.further_add(directory=str(paths[0].parent), files=[{"name": path.name} for path in paths])


def listed(head) -> list[str]:
    return [Path(bpy.path.abspath(entry.path)).name for entry in head.avatartex_further]


def asked(report) -> dict:
    return json.loads(Path(report).read_text())["request"]


def run(addon, portrait, *words, output: Path) -> int:
    """The exit code of blender --command avatartex generate."""
    words = ("generate", "--object", "Head", "--portrait", portrait, *words, "--output", output)
    return addon("cli.entry").main([str(word) for word in words])


def test_the_list_goes_to_the_backend_and_into_the_history(scene, fake, sides):
    assert add(*sides) == {"FINISHED"} and add(sides[0]) == {"FINISHED"}
    assert listed(scene.head) == ["left.png", "right.png"]
    bpy.ops.avatartex.generate()
    assert asked(scene.job.report_path)["further"] == [str(path) for path in sides]
    assert scene.head.avatartex_history[0].further.splitlines() == [str(path) for path in sides]
    bpy.ops.avatartex.further_remove(index=0)
    assert listed(scene.head) == ["right.png"]
    bpy.ops.avatartex.further_remove()
    assert not bpy.ops.avatartex.further_remove.poll()


def test_a_batch_takes_each_heads_own(scene, fake, addon, portrait, sides):
    add(sides[1])
    plain = make_head("Plain")
    addon("api").batch([(scene.head, portrait), (plain, portrait)])
    assert scene.head.avatartex_history[0].further == str(sides[1])
    assert plain.avatartex_history[0].further == ""


def test_a_file_that_is_none_changes_nothing(scene, tmp_path):
    with pytest.raises(RuntimeError, match="No picture"):
        bpy.ops.avatartex.further_add(filepath=str(tmp_path / "gone.png"))
    assert not scene.head.avatartex_further


def test_one_that_is_gone_is_told_and_left_out(scene, fake, sides, obstacles):  # noqa: F811
    add(*sides)
    sides[0].unlink()
    (found,) = obstacles()
    assert not found.stops and found.label == "Remove"
    bpy.ops.avatartex.generate()
    assert asked(scene.job.report_path)["further"] == [str(sides[1])]
    press(found)
    assert listed(scene.head) == ["right.png"] and obstacles() == []


def test_it_is_saved_with_the_head_and_undone(scene, sides, tmp_path):
    bpy.ops.ed.undo_push(message="before")
    add(*sides)
    bpy.ops.ed.undo_push(message="added")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "head.blend"))
    bpy.ops.ed.undo()
    assert listed(bpy.data.objects["Head"]) == []
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "head.blend"))
    assert listed(bpy.data.objects["Head"]) == ["left.png", "right.png"]


def test_variants_are_painted_from_them_too(scene, fake, addon, sides):
    made = addon("api").variants(scene.head, scene.settings.portrait, styles=["ink"], size=512, further=sides)
    assert asked(made.report)["further"] == [str(path) for path in sides]


def test_scripts_and_the_command_line_ask_alike(scene, fake, addon, portrait, sides, tmp_path):
    pins = [{"name": "chin", "portrait": [3.0, 4.0], "head": [0.0, 1.0, 2.0]}]
    file = tmp_path / "pins.json"
    file.write_text(json.dumps(pins))
    for name in ("chin", "nose_tip"):
        addon("scene.pins").set_pin(scene.head, name, xy=(9, 9), portrait=str(portrait))
    add(sides[1])  # the panel's list is not the script's
    made = addon("api").generate("Head", portrait, size=512, further=[sides[0]], pins=pins)
    first = request_of(made.report)
    assert first["further"] == [str(sides[0])]
    bpy.ops.avatartex.restore()
    assert first["pins"] == [*pins, {"name": "nose_tip", "portrait": [9.0, 9.0]}]
    assert (
        run(addon, portrait, "--size", "512", "--further", sides[0], "--pins", file, output=tmp_path / "out.blend") == 0
    )
    again = request_of(scene.job.report_path)
    assert {**again, "job": ""} == {**first, "job": ""}


def test_a_pins_file_that_is_none_is_refused(scene, fake, addon, portrait, tmp_path, capsys):
    file = tmp_path / "pins.json"
    file.write_text('[{"name": "elbow", "portrait": [1, 2]}]')
    assert run(addon, portrait, "--pins", file, output=tmp_path / "out.blend") == 2
    assert "[bad-pins] 'elbow' is no pin's name." in capsys.readouterr().err
    assert not scene.head.material_slots
