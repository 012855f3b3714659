"""What stage 1 learns from and how: noise, masks, samples, the network's promises, a killed training."""

from __future__ import annotations

import csv
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from backend.lab.networks.completer import PATCH, Completer
from backend.lab.networks.pictures import drawn_noise
from backend.lab.pca import fit_many
from backend.lab.training import experts, stage1, train
from backend.lab.training.hiding import hide
from backend.lab.training.people import load_people
from backend.lab.training.samples import Batch
from backend.lab.training.spectrum import measure
from backend.networks.conditions import SCALE
from backend.networks.noise import CHANNELS, OCTAVES
from backend.networks.sizes import TEXELS

from . import synthetic_skins
from .test_training import hub  # noqa: F401 - a fixture


def trained(random: torch.Generator) -> Completer:
    """A network that says something, which an untrained one does not."""
    network = Completer().eval()
    for layer in (network.leave, network.error):
        torch.nn.init.normal_(layer.weight, std=0.1, generator=random)
    return network


def pictures(random: torch.Generator) -> list[torch.Tensor]:
    """noisy, start, colour, confidence of two samples; half of each is seen."""
    three = [torch.rand(2, 3, TEXELS, TEXELS, generator=random) for _ in range(3)]
    confidence = torch.zeros(2, 1, TEXELS, TEXELS)
    confidence[..., 100:] = 1
    return [*three, confidence]


def test_the_noise_is_as_strong_in_every_octave_as_it_says():
    noise = SCALE * drawn_noise(24, torch.Generator().manual_seed(0))
    found, channels = measure(noise, torch.ones(24, 1, TEXELS, TEXELS))
    assert np.allclose(found, OCTAVES, rtol=0.25)
    assert np.allclose(channels @ channels.T, np.array(CHANNELS) @ np.array(CHANNELS).T, atol=0.1)


def test_one_place_paints_over_its_neighbours():
    """Patches that do not overlap print their grid."""
    network = trained(torch.Generator().manual_seed(0))
    place = torch.zeros(1, network.leave.in_channels, TEXELS // PATCH, TEXELS // PATCH)
    with torch.no_grad():
        plain = network.leave(place)
        place[..., 10, 12] = 1
        rows, columns = np.nonzero((network.leave(place) - plain).abs().sum((0, 1)).numpy() > 1e-6)
    assert rows.min() == 10 * PATCH - PATCH // 2 and columns.max() == 13 * PATCH + PATCH // 2 - 1


def test_an_untrained_network_keeps_the_start_and_trusts_what_has_no_noise():
    noisy, start, colour, confidence = pictures(torch.Generator().manual_seed(0))
    with torch.no_grad():
        clean, _ = Completer().eval()(noisy, start, colour, confidence, torch.tensor([1.0, 0.0]), torch.tensor([0, 3]))
    assert clean[0].abs().max() == 0
    assert torch.allclose(clean[1], noisy[1])


def test_what_was_not_seen_does_not_leak():
    random = torch.Generator().manual_seed(0)
    network, (noisy, start, colour, confidence) = trained(random), pictures(random)
    rest = torch.tensor([1.0, 0.5]), torch.tensor([0, 1])
    other = torch.where(confidence > 0, colour, torch.rand(colour.shape, generator=random))
    with torch.no_grad():
        first, second = (network(noisy, start, seen, confidence, *rest)[0] for seen in (colour, other))
        third = network(noisy, start, colour.flip(0), confidence, *rest)[0]
    assert torch.equal(first, second)
    assert not torch.allclose(first, third)


@pytest.mark.parametrize("seed", range(12))
def test_a_mask_hides_a_part_of_what_is_seen(seed):
    confidence = np.zeros((TEXELS, TEXELS), np.float32)
    confidence[60:200, 70:180] = 0.8
    stays = hide(confidence, np.random.default_rng(seed))
    assert 0 <= stays.min() and stays.max() <= 1
    assert 0.1 < (confidence * stays).sum() / confidence.sum() < 0.85


def test_the_loss_is_a_share_of_the_starts_error_and_asks_for_nothing_unknown():
    random = torch.Generator().manual_seed(0)
    truth, start, colour = (torch.rand(2, 3, TEXELS, TEXELS, generator=random) for _ in range(3))
    hidden = torch.zeros(2, 1, TEXELS, TEXELS)
    hidden[..., :90, :] = 1
    rest = torch.zeros_like(hidden), torch.zeros_like(hidden), torch.tensor([0, 0])
    network = Completer()
    _, terms = stage1.loss_of(network, Batch(truth, colour, start, hidden, *rest), torch.Generator().manual_seed(1))
    assert terms["hidden"] == pytest.approx(1, abs=0.01)  # untrained, it keeps the start
    elsewhere = torch.where(hidden > 0, truth, torch.rand(truth.shape, generator=random))
    _, others = stage1.loss_of(
        network, Batch(elsewhere, colour, start, hidden, *rest), torch.Generator().manual_seed(1)
    )
    assert others["hidden"] == pytest.approx(terms["hidden"], abs=1e-5)


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """Six made-up people, each seen from the front."""
    folder = tmp_path_factory.mktemp("faces")
    (folder / "observations").mkdir()
    confidence = np.zeros((TEXELS, TEXELS), np.uint8)
    confidence[70:210, 70:186] = 255
    with open(folder / "people.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, ["id", "split", "weight"])
        writer.writeheader()
        for i in range(6):
            skin = cv2.resize(synthetic_skins.drawn_skin(64, i, i % 2), (TEXELS, TEXELS))
            normals = np.zeros((TEXELS, TEXELS, 3), np.int8)
            normals[..., 0] = np.linspace(-90, 90, TEXELS)[None]
            normals[..., 2] = 90
            np.savez(
                folder / "observations" / f"p{i}.npz",
                unlit=skin,
                lit=skin,
                confidence=confidence,
                shown=confidence,
                hair=np.zeros_like(confidence),
                normals=normals,
            )
            writer.writerow({"id": f"p{i}", "split": "test" if i == 5 else "train", "weight": 1.0})
    return folder


@pytest.mark.slow
def test_a_killed_training_ends_like_one_that_was_not(hub, faces, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setattr(experts, "ROUNDS", 1)
    monkeypatch.setattr(experts, "COMPONENTS", 6)
    once, twice = tmp_path / "once", tmp_path / "twice"
    for folder in (once, twice):
        folder.mkdir()
    assert train.main(["linear", "--hub", str(hub), "--output", str(once), "--threads", "1"]) == 0
    given = ["--faces", str(faces), "--hub", str(hub)]
    assert experts.main([*given, "--output", str(once)]) == 0
    assert "people.basis" in load_file(once / "linear.safetensors")
    for file in once.iterdir():
        (twice / file.name).write_bytes(file.read_bytes())
    given += ["--count", "2", "--device", "cpu", "--schedule", "3"]
    assert stage1.main([*given, "--output", str(once), "--steps", "3"]) == 0
    assert stage1.main([*given, "--output", str(twice), "--steps", "2"]) == 0
    stopped = load_file(twice / stage1.WEIGHTS)
    assert stage1.main([*given, "--output", str(twice), "--steps", "3"]) == 0
    first, second = (load_file(folder / stage1.WEIGHTS) for folder in (once, twice))
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert any(not torch.equal(stopped[key], second[key]) for key in second)


def test_light_is_told_by_what_stays_alone(faces):
    """Or the hidden half would tell of its own light what no job knows."""
    person = load_people(faces, "train")[0]
    skins = np.array([synthetic_skins.drawn_skin(64, i, v) for i in range(5) for v in (0, 1)], np.float32) / 255
    prior, scalp = fit_many(skins, 4), np.zeros((TEXELS, TEXELS), np.float32)
    stays = np.ones((TEXELS, TEXELS), np.float32)
    stays[:, TEXELS // 2 :] = 0
    darker = np.where(stays[..., None] > 0, person.lit, person.lit // 3)
    first, second, whole = (
        replace(person, lit=lit).divided(shown, scalp, prior)[0][:, : TEXELS // 2]
        for lit, shown in ((person.lit, stays), (darker, stays), (darker, np.ones_like(stays)))
    )
    assert np.array_equal(first, second)
    assert np.abs(first - whole).max() > 0.02
