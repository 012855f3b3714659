"""What a part of a face tells wrongly of its light."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from backend.lab.training.light import Example, examples_of, fit_part_light, save_part_light
from backend.lab.training.people import Person
from backend.models.bundle import load_networks
from backend.prior.light import UPRIGHT, estimate_light, harmonics, light_of_visible
from backend.prior.part_light import MIRRORED, WHOLE, LightEstimate, part_light

FRONT = np.eye(3)


def ball(size: int = 128) -> np.ndarray:
    """(S,S,3) normals, as the atlas lays a head out: the face in the middle."""
    y, x = (np.mgrid[:size, :size] + 0.5) / size
    turn, height = 2 * np.pi * (x - 0.5), 1 - 2 * y
    flat = np.sqrt(1 - height**2)
    return np.stack([flat * np.sin(turn), height, flat * np.cos(turn)], -1).astype(np.float32)


@pytest.fixture(scope="module")
def prior():
    return load_networks("cpu").skin


@pytest.fixture(scope="module")
def face(prior) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Colour, normals and confidence of a face of the prior's mean skin, lit from the right."""
    normals = ball(prior.size)
    shade = np.clip(harmonics(normals) @ np.float32([0.7, 0.35, 0.2, 0.3, 0, 0, 0, 0, 0.03]), 0.35, 1.8)
    shown = (np.clip((normals[..., 2] - 0.2) / 0.2, 0, 1) * (np.abs(normals[..., 1]) < 0.6)).astype(np.float32)
    return prior.mean * shade[..., None] ** (1 / 2.2), normals, shown


def told_of(face, prior, shown=1.0) -> LightEstimate:
    colour, normals, confidence = face
    return light_of_visible(colour, normals, (confidence * shown).astype(np.float32), prior.shrunk(64), FRONT)[0]


def test_a_mirrored_face_misses_the_mirrored_light(face, prior):
    colour, normals, shown = face
    half = np.tile(np.arange(prior.size) < 0.5 * prior.size, (prior.size, 1))
    there = part_light().missing(told_of(face, prior, half))
    mirrored = colour[:, ::-1], normals[:, ::-1] * np.float32([-1, 1, 1]), shown[:, ::-1]
    back = part_light().missing(told_of(mirrored, prior, half[:, ::-1]))
    assert np.abs(there[MIRRORED < 0]).max() > 0.005
    assert np.allclose(back, MIRRORED * there, atol=0.002)


def test_nothing_is_missing_of_a_whole_face(face, prior):
    told = told_of(face, prior)
    whole = dataclasses.replace(told, weight=told.weight * WHOLE / told.weight.sum())
    assert not part_light().missing(whole).any()
    few = dataclasses.replace(whole, weight=whole.weight * 0.4)
    assert np.abs(part_light().missing(few)).max() > 0.01


def test_what_is_missing_is_added(face, prior):
    colour, normals, shown = face
    half = (np.arange(prior.size) < 0.5 * prior.size).astype(np.float32)
    told = told_of(face, prior, half)
    light = estimate_light(colour, normals, shown * half, prior, UPRIGHT)
    assert np.abs(light.coefficients - told.light).max() > 0.01
    assert np.allclose(light.coefficients, told.light + part_light().missing(told), atol=1e-5)


def test_training_finds_what_all_people_share(tmp_path):
    random = np.random.default_rng(0)
    shade = np.eye(9, dtype=np.float32)
    examples = []
    for figures in random.normal(size=(300, 33)).astype(np.float32):
        wanted = np.zeros(9, np.float32)
        wanted[0], wanted[1] = 0.1 * np.tanh(figures[0]), 0.2 * figures[1]  # of a mirrored face the other way
        examples.append(Example(figures, wanted, shade, 1.0))
    learnt = fit_part_light(examples, steps=300)
    save_part_light(learnt, tmp_path / "part_light.npz")
    told = np.array([learnt.of(one.figures) for one in examples])
    wanted = np.array([one.wanted for one in examples])
    assert ((told - wanted) ** 2).sum() < 0.3 * (wanted**2).sum()
    with np.load(tmp_path / "part_light.npz") as data:
        assert set(data) == {"mean", "spread", *(f"{kind}{i}" for kind in ("weight", "bias") for i in range(3))}


def test_examples_want_the_light_of_the_whole_face(face, prior):
    colour, normals, shown = face
    rows = {"lit": colour, "unlit": colour, "shown": shown, "confidence": shown, "hair": 0 * shown}
    person = Person(
        key="ab12",
        normals=np.rint(normals * 127).astype(np.int8),
        weight=1.0,
        about={},
        **{name: np.rint(np.clip(part, 0, 1) * 255).astype(np.uint8) for name, part in rows.items()},
    )
    found = examples_of(person, prior, np.zeros_like(shown), 12)
    whole = told_of(face, prior).light
    assert len(found) > 3
    for one in found:
        assert np.allclose(one.figures[:9] + one.wanted, whole, atol=0.02)
