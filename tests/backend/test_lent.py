"""Training on a lent machine: what is carried there, and what is run."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from backend.lab.training import lent, packed
from backend.lab.training.folds import Textures
from backend.lab.training.people import KEPT, load_people

from .test_training import EACH, hub  # noqa: F401 - a fixture

SIZE = 64


@pytest.fixture
def faces(tmp_path):
    """One person who trains and one who is held out."""
    folder, random = tmp_path / "faces", np.random.default_rng(0)
    (folder / "observations").mkdir(parents=True)
    smooth = np.linspace(20, 220, SIZE).astype(np.uint8)
    flat = np.repeat(smooth[None], SIZE, 0)
    for name in ("trains", "heldout"):
        arrays = {key: np.dstack([flat, flat // 2, flat // 3]) for key in ("unlit", "lit")}
        arrays |= {key: random.integers(0, 255, (SIZE, SIZE), np.uint8) for key in ("confidence", "shown", "hair")}
        normals = (np.dstack([flat, flat, flat]).astype(np.int16) - 128).astype(np.int8)
        np.savez(folder / "observations" / f"{name}.npz", **arrays, normals=normals)
    with (folder / "people.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        lines = [("id", "split", "years", "weight"), ("trains", "train", "61", "1.0"), ("heldout", "test", "61", "1.0")]
        writer.writerows(lines)
    return folder


def test_what_is_carried_is_the_training_side_nearly_as_it_was(faces, hub, tmp_path, capsys):  # noqa: F811
    carried = tmp_path / "packed"
    arguments = ["--faces", str(faces), "--hub", str(hub), "--output", str(carried), "--count", "2"]
    assert packed.main(arguments) == 0 and "of 64 MiB" in capsys.readouterr().out
    assert not list(carried.rglob("*heldout*"))
    assert (carried / "faces" / "people.csv").read_text().split() == ["id,split,weight", "trains,train,1.0"]
    packed.unpack_people(carried / "faces", tmp_path / "there")
    [before], [after] = (load_people(folder, "train") for folder in (faces, tmp_path / "there"))
    for name in KEPT:
        own, theirs = (getattr(person, name).astype(int) for person in (before, after))
        assert np.abs(own - theirs).max() <= (0 if own.ndim == 2 else 6), name
    textures, all_of_them = Textures.load(carried / "hub" / "fold1"), Textures.load(hub / "fold1")
    assert len(textures) == 2 < len(all_of_them) == EACH
    assert np.abs(textures.texture(1)[0] - all_of_them.texture(1)[0]).mean() < 0.02
    assert np.array_equal(textures.mask(0, 2), all_of_them.mask(0, 2))


def test_too_much_to_carry_is_said(faces, hub, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setattr(packed, "LIMIT", 1000)
    assert packed.main(["--faces", str(faces), "--hub", str(hub), "--output", str(tmp_path / "packed")]) == 1


def test_a_lent_machine_trains_all_stages_from_the_bundled_weights(faces, hub, tmp_path, monkeypatch):  # noqa: F811
    carried, output, ran = tmp_path / "packed", tmp_path / "out", []
    packed.main(["--faces", str(faces), "--hub", str(hub), "--output", str(carried), "--count", "1"])
    told = {
        name: ((lambda words, name=name: ran.append((name, dict(zip(words[::2], words[1::2], strict=True))))), *more)
        for name, (_, *more) in lent.STAGES.items()
    }
    monkeypatch.setattr(lent, "STAGES", told)
    arguments = ["--packed", str(carried), "--output", str(output), "--minutes", "10", "--draw", "5", "--device", "cpu"]
    assert lent.main(arguments) == 0
    assert [name for name, _ in ran] == ["stage1", "repaint", "generator"]
    assert sum(float(words["--minutes"]) for _, words in ran) == pytest.approx(10)
    assert ran[0][1].keys() >= {"--faces", "--hub", "--steps"} and "--draw" not in ran[0][1]
    assert ran[1][1]["--steps"] == "0" and ran[2][1]["--draw"] == "5"
    assert (output / "inpaint.safetensors").is_file() and load_people(output / "faces", "train")
