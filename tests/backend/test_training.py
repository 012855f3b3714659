"""The training commands on a made-up hub: what they write, that a killed run ends like one that was not, what leaks."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from backend.lab.texhub.render import encoded
from backend.lab.texhub.shards import Shard, write_shard
from backend.lab.texhub.sources import SPLIT, Sources
from backend.lab.training import train
from backend.lab.training.batches import Batches
from backend.lab.training.folds import FOLDS, load_folds, load_geometry
from backend.models.bundle import FILES, untrained
from backend.networks.sizes import TEXELS

from . import synthetic_skins

pytestmark = pytest.mark.slow

EACH = 3


def texture(fold: int, number: int) -> tuple[dict[str, bytes], dict]:
    """Files and index line of a small drawn skin, enlarged."""
    skin = cv2.resize(synthetic_skins.drawn_skin(64, fold % 6, number % 2), (TEXELS, TEXELS)).astype(np.float32)
    random = np.random.default_rng([fold, number])
    skin = np.clip(
        skin * random.uniform(0.8, 1.2, 3)
        + cv2.GaussianBlur(random.normal(0, 90, skin.shape).astype(np.float32), (0, 0), 6),
        0,
        255,
    ).astype(np.uint8)
    valid = np.full((TEXELS, TEXELS), 255, np.uint8)
    valid[240:] = 0
    mask = np.zeros((TEXELS, TEXELS), np.uint8)
    mask[70:210, 60 + 8 * fold : 190] = 255
    recipe = {"skins": [f"kit/face{fold}"], "style": {"name": ("photo", "oil", "anime")[number % 3]}}
    files = {"unlit.png": encoded(".png", skin[..., ::-1], []), "valid.png": encoded(".png", valid, [])}
    files |= {f"mask{view}.png": encoded(".png", mask, []) for view in range(3)}
    files["json"] = json.dumps({"recipe": recipe, "measured": {"ita": 20.0}}).encode()
    return files, {"style": recipe["style"]["name"]}


@pytest.fixture(scope="module")
def hub(tmp_path_factory) -> Path:
    """Builds of three textures each."""
    folder = tmp_path_factory.mktemp("hub")
    positions, normals = synthetic_skins.geometry(TEXELS)
    for fold in range(FOLDS):
        (folder / f"fold{fold}").mkdir()
        write_shard(folder / f"fold{fold}", Shard("train", 0, 0, EACH), (texture(fold, i) for i in range(EACH)), {})
        skins = np.array([cv2.resize(synthetic_skins.drawn_skin(64, fold % 6, i), (TEXELS, TEXELS)) for i in (0, 1)])
        whole = np.ones((TEXELS, TEXELS), bool)
        side, valid = np.array(["train"] * 2), np.array([whole] * 2)
        Sources(["a", "b"], ["a", "a"], side, skins, valid, positions, normals, whole, {}, "").save(
            folder / f"fold{fold}" / "sources.npz"
        )
    return folder


@pytest.fixture(scope="module")
def trained(hub, tmp_path_factory) -> Path:
    """A folder with the linear prior."""
    output = tmp_path_factory.mktemp("trained")
    assert train.main(["linear", "--hub", str(hub), "--output", str(output), "--threads", "2"]) == 0
    return output


@pytest.fixture
def started(trained, tmp_path) -> Path:
    """A copy of it for one test's own training."""
    for file in trained.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def run(hub: Path, output: Path, network: str, steps: int, *more: str) -> None:
    arguments = [network, "--hub", str(hub), "--output", str(output), "--device", "cpu", "--threads", "2"]
    assert train.main([*arguments, "--steps", str(steps), *more]) == 0


def test_no_prior_of_a_fold_has_seen_its_faces(hub, trained):
    folds = load_folds(hub, None, trained)
    own = folds[2].textures.texture(0)[0]
    small = cv2.resize(own, (128, 128), interpolation=cv2.INTER_AREA)

    def distance(prior) -> float:
        pictures = small, small[:, ::-1]  # every other one is mirrored
        made = [prior.decode((one - prior.mean).reshape(-1) @ prior.basis.T) for one in pictures]
        return min(float(np.abs(made_one - one).mean()) for made_one, one in zip(made, pictures, strict=True))

    assert distance(folds[1].canvas) < 0.3 * distance(folds[2].canvas)  # the others were fitted on it


def test_a_killed_training_ends_like_one_that_was_not(hub, started, tmp_path_factory, monkeypatch):
    monkeypatch.setattr(train, "PRESETS", {"cpu-hour": train.Preset({"generator": 3}, 2, 1e-3, "fp32", False, 0)})
    whole = tmp_path_factory.mktemp("whole")
    for file in started.iterdir():
        (whole / file.name).write_bytes(file.read_bytes())
    run(hub, whole, "generator", 3)
    run(hub, started, "generator", 3, "--minutes", "0")  # stops after one step
    stopped = load_file(started / "generator.safetensors")
    run(hub, started, "generator", 3)
    first, second = (load_file(folder / "generator.safetensors") for folder in (whole, started))
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert any(not torch.equal(stopped[key], second[key]) for key in second)
    lines = [json.loads(line) for line in (started / "generator.log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 3]
    assert cv2.imread(str(started / "generator.sheet.png")).shape[1] == 4 * TEXELS


def test_batches_come_by_number(hub, trained):
    folds, geometry = load_folds(hub, None, trained), load_geometry(hub)
    first, second = (Batches(folds, geometry, 2, 5) for _ in range(2))
    first[0]
    a, b, other = first[3], second[3], second[4]
    assert torch.equal(a.colour, b.colour) and torch.equal(a.linear, b.linear) and a.fold == b.fold
    assert not torch.equal(a.colour, other.colour)
    seen = (a.confidence > 0.5).expand_as(a.truth)
    assert (a.colour - a.truth)[seen].abs().mean() < 0.15  # light, noise and a little misregistration
    assert 0.1 < seen.float().mean() < 0.6


def test_held_out_skins_are_refused(hub, started, tmp_path, capsys):
    leaked = json.loads(SPLIT.read_text())["held_out"][0]
    broken = tmp_path / "broken"
    (broken / "fold0").mkdir(parents=True)
    files, line = texture(0, 0)
    about = json.loads(files["json"])
    about["recipe"]["skins"].append(leaked)
    files["json"] = json.dumps(about).encode()
    write_shard(broken / "fold0", Shard("train", 0, 0, 1), [(files, line)], {})
    assert train.main(["linear", "--hub", str(broken), "--output", str(started)]) == 2
    assert leaked in capsys.readouterr().out


def test_nothing_trains_before_the_linear_prior(hub, tmp_path, capsys):
    assert train.main(["generator", "--hub", str(hub), "--output", str(tmp_path)]) == 2
    assert "train linear" in capsys.readouterr().out


def test_networks_of_a_training_folder_are_untrained_where_it_has_no_file(trained):
    networks = untrained(trained)
    assert not any((trained / name).is_file() for name in FILES)
    assert networks.generator.output.weight.abs().max() == 0
