"""Paths that are long, odd or not to be read: whatever lies at them is read and written, or the refusal says why."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend import paths
from backend.__main__ import build_parser
from backend.compose.udim import find_tiles
from backend.errors import AvatarTexError
from backend.head.mesh_files import read_parts
from backend.imaging.files import write_picture
from backend.imaging.read import read_base
from backend.layers.files import layers_file
from backend.layers.packed import Packed
from backend.layers.save import read_layers
from backend.maps.redone import read_map
from backend.outputs import Staged, probe, sweep
from backend.paths import marked
from backend.pins import read_pins
from backend.recall import fingerprint

OBJ = "v 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 0 1\nf 1/1 2/2 3/3\n"
PICTURE = np.full((4, 4, 3), 0.5, np.float32)
DEEP = "\\".join(["C:", *["a folder of the artist's"] * 12, "face.png"])
NAMES = [
    "two words",
    "Jürgen Groß",
    'it\'s "quoted"',
    "-leading",
    "😀 smile",
    "dots... in.it",
    "100% {x} $HOME",
    "a&b;c",
]


def read_and_write(folder: Path) -> None:
    """Every kind of file that a job reads or writes, in a folder that is not there yet."""
    probe(folder / "face.png")
    write_picture(folder / "face.png", PICTURE)
    np.testing.assert_allclose(read_base(folder / "face.png", 4), PICTURE, atol=0.003)
    assert read_map(folder / "face.png", 4).shape == (4, 4, 3)
    packed = Packed(2, {"skin": np.zeros((3, 4), np.uint8)}, {})
    with Staged() as staged:
        staged.write(folder / "head.obj", OBJ.encode())
        staged.write(folder / "pins.json", json.dumps([{"name": "chin", "portrait": [1, 2]}]).encode())
        staged.write(folder / "a.layers", layers_file("a.layers", packed, "a"))
        staged.write(folder / "many.1002.png", b"")
    assert len(read_parts(folder / "head.obj", set())[0]) == 1
    assert read_pins(str(folder / "pins.json"))[0]["name"] == "chin"
    assert read_layers(str(folder / "a.layers")).size == 2
    assert list(find_tiles(str(folder / "many.<UDIM>.png"))) == [1002]
    assert fingerprint(folder / "head.obj") != fingerprint(folder / "pins.json")


@pytest.mark.parametrize(
    ("path", "opened"),
    [
        ("C:\\short.png", "C:\\short.png"),
        ("D:/a/ü.png", "D:/a/ü.png"),
        ("relative.png", "relative.png"),
        (DEEP, "\\\\?\\" + DEEP),
        (DEEP.replace("\\", "/"), "\\\\?\\" + DEEP),  # a marked path is taken letter by letter
        (DEEP.replace("face", "x\\..\\face"), "\\\\?\\" + DEEP),
        ("\\\\server\\share" + DEEP[2:], "\\\\?\\UNC\\server\\share" + DEEP[2:]),
        ("\\\\?\\C:\\short.png", "C:\\short.png"),
    ],
)
def test_long_paths_of_windows_get_a_mark(path, opened):
    assert marked(path) == opened and marked(opened) == opened


def test_whatever_a_job_opens_goes_by_that_name(tmp_path, monkeypatch):
    """A system that finds nothing at the paths as they are."""
    monkeypatch.setattr(paths, "WINDOWS", True)
    monkeypatch.setattr(paths, "marked", lambda path: path.replace("too long", "opened"))
    read_and_write(tmp_path / "too long" / "further")
    assert [path.name for path in tmp_path.iterdir()] == ["opened"]
    assert sorted(path.name for path in (tmp_path / "opened" / "further").iterdir()) == [
        *("a.layers", "face.png", "head.obj", "many.1002.png", "pins.json")
    ]


@pytest.mark.parametrize("name", NAMES)
def test_odd_names_are_names_like_others(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    read_and_write(Path(name))
    sweep(Path(name))
    assert len(list(Path(name).iterdir())) == 5


def test_a_name_that_begins_with_a_dash_can_be_given():
    words = ["generate", "--mesh=-a.obj", "--portrait=-b.png", "--output=-c.png"]
    given = build_parser().parse_args(words)
    assert (given.mesh, given.portrait, given.output) == ("-a.obj", "-b.png", "-c.png")


@pytest.mark.parametrize("reason", ["The cloud file provider is not running", "Permission denied"])
def test_a_file_that_the_system_does_not_give_is_not_called_damaged(reason, tmp_path, monkeypatch):
    """As OneDrive's, of which only a name lies on the computer."""

    def give_nothing(*_, **__):
        raise OSError(errno.EINVAL, reason)

    write_picture(tmp_path / "face.png", PICTURE)
    monkeypatch.setattr(Image, "open", give_nothing)
    with pytest.raises(AvatarTexError) as refusal:
        read_base(tmp_path / "face.png", 4)
    assert reason in refusal.value.message and "damaged" not in refusal.value.message
    assert "Always Keep on This Device" in refusal.value.cure
