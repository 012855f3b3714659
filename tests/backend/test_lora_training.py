"""Training a LoRA for a large profile, on a tiny one: its loss falls, it goes on, and the profile takes it."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from backend.lab.training import lora
from backend.lab.training.lora_people import Portraits
from backend.large import paint
from backend.large.memory import WHOLE, Tier
from backend.models import store
from backend.models.own_parts import use_local
from tests.backend import tiny_models

SIDE = 64


def build_hub(folder: Path, count: int = 6) -> Path:
    """A shard as texhub writes it, of plain pictures."""
    folder.mkdir()
    random, textures = np.random.default_rng(0), []
    with tarfile.open(folder / "train-00000.tar", "w") as tar:
        for number in range(count):
            picture = np.full((SIDE, SIDE, 3), random.integers(60, 200, 3), np.uint8)
            mask = np.full((SIDE, SIDE), 255, np.uint8)
            half = mask.copy()
            half[:, SIDE // 2 :] = 0
            recipe = {
                "skins": [],
                "lights": [0],
                "views": [0],
                "style": {"name": "photo"},
                "beard": {"shape": "full"} if number else {},
                "hair": {},
                "makeup": {},
            }
            files = {"unlit.png": picture, "valid.png": mask, "lit0.jpg": picture, "mask0.png": half}
            contents = {name: cv2.imencode(name[-4:], data)[1].tobytes() for name, data in files.items()}
            contents["json"] = json.dumps({"recipe": recipe}).encode()
            for name, data in contents.items():
                told = tarfile.TarInfo(f"{number:06d}.{name}")
                told.size = len(data)
                tar.addfile(told, io.BytesIO(data))
            textures.append({"key": f"{number:06d}"})
    (folder / "train-00000.index.json").write_text(json.dumps({"textures": textures}))
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lora")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("huggingface_hub.constants.HF_ASSETS_CACHE", str(folder / "assets"))
        tiny = tiny_models.make("sd15", folder / "models")
        patch.setattr(lora, "find_profile", lambda name: tiny)
        patch.setattr(lora, "PACE", lora.Pace(rate=2e-2, warm=5, average=0.8))
        hub = build_hub(folder / "hub")

        def train(output: str, steps: int, more: Sequence = ()) -> Path:
            words = ["--profile", "sd15", "--hub", hub, "--output", folder / output, "--steps", steps]
            words += ["--count", 1, "--rank", 4, "--schedule", 40, "--device", "cpu", *more]
            assert lora.main([str(word) for word in words]) == 0
            return folder / output / lora.WEIGHTS

        yield tiny, train, hub


def loss(tiny, hub: Path, weights: Path | None) -> float:
    """Over the textures, at times and with noise that are always the same."""
    parts = {"base": store.find_parts(tiny)["base"]}
    if weights:
        parts["lora"] = use_local(tiny, "lora", weights)
    painter = paint.load_painter(tiny, parts, "cpu", Tier(0, WHOLE, False, False), lambda: None)
    random = torch.Generator().manual_seed(3)
    samples = lora.Captioned(hub, size=tiny.texels, shuffle=0)
    with torch.no_grad():
        return float(np.mean([float(lora.loss_of(painter, sample, random)) for sample in samples for _ in range(3)]))


def test_the_loss_falls_and_the_profile_takes_it(trained):
    tiny, train, hub = trained
    weights = train("whole", 40)
    state = load_file(weights)
    assert all(key.endswith((".lora_A.weight", ".lora_B.weight")) for key in state)
    before, after = loss(tiny, hub, None), loss(tiny, hub, weights)
    assert after < 0.94 * before, (before, after)  # the same noise and times: 0.90 here, 1 without a step


def test_a_training_goes_on(trained):
    _, train, _ = trained
    train("parts", 3)
    cut, whole = load_file(train("parts", 6)), load_file(train("six", 6))
    assert all(torch.allclose(cut[key], whole[key], atol=1e-5) for key in whole)


def test_captions():
    recipe = {"style": {"name": "photo"}, "beard": {"shape": "full"}, "hair": {"colour": 1}, "makeup": {}}
    words = lora.caption(recipe)
    assert words.startswith(paint.LAYOUT + paint.WORDS["photo"]) and words.endswith(
        "photo style, full beard, painted hair"
    )


@pytest.fixture(scope="module")
def faces(tmp_path_factory) -> Path:
    """Two people of whom the middle of the atlas was seen, and one who is held out."""
    folder = tmp_path_factory.mktemp("faces")
    (folder / "observations").mkdir()
    seen, rows = np.zeros((32, 32), np.uint8), ["id,split,weight"]
    seen[8:24, 8:24] = 255
    for number, split in enumerate(("train", "train", "held out")):
        skin = np.full((32, 32, 3), 60 + 60 * number, np.uint8)
        parts = {"unlit": skin, "lit": skin, "confidence": seen, "shown": seen, "hair": seen, "normals": skin}
        np.savez(folder / "observations" / f"p{number}.npz", **parts)
        rows.append(f"p{number},{split},1")
    (folder / "people.csv").write_text("\n".join(rows) + "\n")
    return folder


def test_people_teach_what_their_portraits_show(faces):
    people, drawn = Portraits(faces, SIDE, 0), []
    for number in range(20):
        sample = people.draw(number)
        unlit, valid, shown = sample["unlit"], sample["valid"], sample["confidence"][0]
        drawn.append(round(float(unlit.mean()) * 255))
        assert unlit.shape == (3, SIDE, SIDE) and unlit.std() < 1e-3  # no edge where nothing is known
        assert set(valid.unique().tolist()) == {0, 1} and valid[..., 16:48, 16:48].all() and valid.mean() < 0.3
        assert (shown <= valid + 1e-6).all() and 0.05 < float(shown.sum() / valid.sum()) < 0.95  # a part is hidden
    assert set(drawn) == {60, 120}  # nobody who is held out
    assert torch.equal(people.draw(7)["confidence"], people.draw(7)["confidence"])
    assert people.words == lora.caption({"style": {"name": "photo"}, "beard": {}, "hair": {}, "makeup": {}})


def test_every_second_texture_is_a_persons_and_a_training_goes_on_with_the_next(trained, faces):
    hub = trained[2]

    def order(first: int, people: Portraits | None) -> list[str]:
        mixed = lora.Mixed(lora.Captioned(hub, size=SIDE), people, first)
        return [str(one.get("key") or one["confidence"].sum()) for one in (mixed.draw() for _ in range(9))]

    people = Portraits(faces, SIDE, 0)
    whole = order(0, people)
    assert [name.isdigit() for name in whole] == [True, False] * 4 + [True]
    for first in (1, 2, 5):
        assert order(first, people)[: 9 - first] == whole[first:]
    assert all(name.isdigit() for name in order(0, None)) and order(3, None)[:6] == order(0, None)[3:]


def test_people_teach_at_the_noisier_times_alone(trained, faces, monkeypatch):
    tiny = trained[0]
    painter = paint.load_painter(
        tiny, {"base": store.find_parts(tiny)["base"]}, "cpu", Tier(0, WHOLE, False, False), lambda: None
    )
    levels = []
    monkeypatch.setattr(
        painter, "predict", lambda latent, level, items, half: levels.append(level) or torch.zeros_like(latent)
    )
    sample = Portraits(faces, tiny.texels, 0).draw(0)
    for number in range(30):
        lora.loss_of(painter, sample, torch.Generator().manual_seed(number))
    assert max(level.alpha**2 for level in levels) < lora.DROWNED
    for number in range(30):
        lora.loss_of(painter, sample | {"soft": False}, torch.Generator().manual_seed(number))
    assert max(level.alpha**2 for level in levels) > 0.8


def test_a_training_with_people_runs(trained, faces):
    _, train, _ = trained
    assert load_file(train("people", 2, ["--faces", faces]))
