"""Glasses: what is drawn for training, that the runtime runs what was trained, and that no skin is below them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from backend.lab.training import glasses as training
from backend.lab.training import spectacles
from backend.lab.training.glasses_network import COLUMNS, ROWS, GlassesNet
from backend.lab.training.graphs import write_whole
from backend.models.runtime import open_session
from backend.portrait import glasses
from backend.portrait.landmark_groups import canonical_face
from backend.portrait.landmarks import FaceLandmarks, box_of


def points(side: int = 200) -> np.ndarray:
    return (canonical_face()[0] * (8, -8, -8) + (side / 2, side / 2, 0)).astype(np.float32)


def scene() -> spectacles.Scene:
    """The canonical face, flat grey, seen straight on from afar."""
    marks = canonical_face()[0] / 17
    marks = marks - marks[[33, 133, 263, 362]].mean(0)
    camera = np.array([[200, 0, 0, 192.0], [0, -200, 0, 96], [0, 0, 0, 1]])
    shape = 192, 384
    return spectacles.Scene(
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


def test_wrinkles_brows_and_shade_hide_nothing():
    drawn = scene()
    for number in range(8):
        spectacles.plain(drawn, np.random.default_rng(number))
    assert drawn.hidden.max() == 0 and np.abs(drawn.color - 0.6).max() > 0.05


def test_training_writes_a_network(tmp_path, monkeypatch):
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
            ["--portraits", str(tmp_path), "--output", str(tmp_path / "train"), "--steps", "2", "--threads", "1"]
        )
        == 0
    )
    network = GlassesNet()
    network.load_state_dict({k: v.float() for k, v in load_file(tmp_path / "train" / "glasses.safetensors").items()})


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
    logits[30:34, 20:140] = 9
    monkeypatch.setattr(glasses.networks, "network", lambda name: lambda image: [logits, np.float32(belief)])
    cut = glasses.glasses(picture, face)
    eyes = int(marks[[33, 133, 263, 362], 1].mean())
    assert cut.max() > 0.99 and cut[eyes - 12 : eyes + 6].sum() == cut.sum()
    belief[0] = -5.0
    assert glasses.glasses(picture, face).max() == 0
    belief[0], logits[:, 75:85] = 5.0, -9
    assert glasses.glasses(picture, face).max() == 0
    logits[32, 75:85] = 9
    assert glasses.glasses(picture, face).max() > 0.99
