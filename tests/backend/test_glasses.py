"""Glasses: what is drawn for training, that the runtime runs what was trained, and that no skin is below them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from backend.lab.training import about_eyes, spectacles
from backend.lab.training import glasses as training
from backend.lab.training.glasses_network import COLUMNS, ROWS, GlassesNet
from backend.lab.training.graphs import write_whole
from backend.models.runtime import open_session
from backend.portrait import glasses
from backend.portrait.landmark_groups import canonical_face
from backend.portrait.landmarks import FaceLandmarks, box_of


def points(side: int = 200) -> np.ndarray:
    return (canonical_face()[0] * (8, -8, -8) + (side / 2, side / 2, 0)).astype(np.float32)


def scene() -> about_eyes.Scene:
    """The canonical face, flat grey, seen straight on from afar."""
    marks = canonical_face()[0] / 17
    marks = marks - marks[[33, 133, 263, 362]].mean(0)
    camera = np.array([[200, 0, 0, 192.0], [0, -200, 0, 96], [0, 0, 0, 1]])
    shape = 192, 384
    return about_eyes.Scene(
        np.full((*shape, 3), 0.6, np.float32),
        np.ones(shape, np.float32),
        np.zeros(shape, np.float32),
        np.full(shape, np.inf),
        camera,
        marks,
    )


def test_drawn_glasses_lie_about_both_eyes_and_change_what_they_hide():
    for number in range(6):
        drawn = scene()
        spectacles.glasses(drawn, np.random.default_rng(number))
        there = drawn.hidden > 0.9
        assert there[:, :192].any() and there[:, 192:].any()
        assert np.abs(drawn.color[there] - 0.6).max(axis=1).mean() > 0.03


@pytest.mark.parametrize("kind", spectacles.KINDS)
def test_a_lens_is_hidden_all_around_with_a_rim_or_without(kind, monkeypatch):
    monkeypatch.setattr(spectacles, "OFTEN", [float(kind == one) for one in spectacles.KINDS])
    for number in range(4):
        drawn = scene()
        spectacles.glasses(drawn, np.random.default_rng(number))
        bare = cv2.connectedComponents((drawn.hidden < 0.5).astype(np.uint8), connectivity=4)[1]
        for eye in drawn.project(drawn.marks[[[33, 133], [263, 362]]].mean(1))[0].astype(int):
            assert bare[eye[1], eye[0]] != bare[0, 0]


def test_strong_shadows_and_glare_are_no_skin_and_faint_ones_are():
    rims, lens = np.zeros((192, 384), np.float32), np.zeros((192, 384), np.float32)
    rims[80:92, 60:320], lens[60:140, 90:180] = 1, 1
    shaded, faint, white = [], [], []
    for number in range(30):
        drawn = scene()
        spectacles._shadows(drawn, rims, np.random.default_rng(number))
        change = np.abs(drawn.color / 0.6 - 1).max(axis=2)
        shaded.append(drawn.hidden[change > 0.25])
        faint.append(drawn.hidden[change < 0.03])
        drawn = scene()
        spectacles._lenses(drawn, lens, np.random.default_rng(number))
        white.append(drawn.hidden[drawn.color.min(axis=2) > 0.88])
    shaded, faint, white = (np.concatenate(part) for part in (shaded, faint, white))
    assert len(shaded) > 1000 and shaded.min() > 0.9 and faint.mean() < 0.01
    assert len(white) > 100 and white.min() > 0.5


def test_wrinkles_brows_and_shade_hide_nothing():
    drawn = scene()
    for number in range(8):
        about_eyes.plain(drawn, np.random.default_rng(number))
    assert drawn.hidden.max() == 0 and np.abs(drawn.color - 0.6).max() > 0.05


def test_training_writes_a_network_and_goes_on_from_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "SETTLING", 1)
    random = np.random.default_rng(0)
    hidden = np.zeros((6, 96, 192), np.uint8)
    hidden[:, 30:50] = 255
    np.savez(
        tmp_path / "glasses0_6.npz",
        picture=random.integers(0, 255, (6, 96, 192, 3), np.uint8),
        hidden=hidden,
        worn=np.arange(6) % 2 == 0,
    )
    assert (
        training.main(
            ["--portraits", str(tmp_path), "--output", str(tmp_path / "train"), "--steps", "2", "--count", "2"]
        )
        == 0
    )
    first = load_file(tmp_path / "train" / "glasses.safetensors")
    GlassesNet().load_state_dict({name: value.float() for name, value in first.items()})
    (tmp_path / "train" / "glasses.state.safetensors").unlink()
    going_on = ["--portraits", str(tmp_path), "--output", str(tmp_path / "train"), "--steps", "1", "--rate", "1e-9"]
    assert training.main([*going_on, "--count", "2"]) == 0
    second = load_file(tmp_path / "train" / "glasses.safetensors")
    assert all(torch.equal(first[name], second[name]) for name in first if "weight" in name)


def test_the_runtime_runs_the_network_alike(tmp_path):
    pytest.importorskip("onnx")
    network, face = GlassesNet().eval(), torch.rand(1, 5, ROWS, COLUMNS)
    write_whole(network, {"face": face}, ["hidden", "worn"], tmp_path / "whole.onnx")
    session = open_session((tmp_path / "whole.onnx").read_bytes(), "cpu", 1)
    for made, wanted in zip(session.run(["hidden", "worn"], {"face": face.numpy()}), network(face), strict=True):
        assert np.abs(made - wanted.detach().numpy()).max() < 1e-4


def test_glasses_are_cut_where_the_network_sees_them_and_only_if_worn_and_bridged(monkeypatch):
    marks = points()
    face = FaceLandmarks(marks, 1.0, box_of(marks))
    picture = np.full((200, 200, 3), 0.6, np.float32)
    logits, belief = np.full((ROWS, COLUMNS), -9.0), [5.0]
    logits[48:54, 32:224] = 9
    monkeypatch.setattr(glasses.networks, "network", lambda name: lambda image: [logits, np.float32(belief)])
    cut = glasses.glasses(picture, face)
    eyes = int(marks[[33, 133, 263, 362], 1].mean())
    assert cut.max() > 0.99 and cut[eyes - 12 : eyes + 6].sum() == cut.sum()
    belief[0] = -5.0
    assert glasses.glasses(picture, face).max() == 0
    belief[0], logits[:, 120:136] = 5.0, -9
    assert glasses.glasses(picture, face).max() == 0
    logits[50:52, 120:136] = 9
    assert glasses.glasses(picture, face).max() > 0.99
