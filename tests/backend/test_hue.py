"""Completed skin takes no hue that is colder than what a portrait shows."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from backend.finish import FINISHERS, keep_warm
from backend.imaging.sample import LUMINANCE

SKIN, TEAL, RED = (np.float32(c) for c in ([0.6, 0.45, 0.35], [0.10, 0.17, 0.18], [0.5, 0.25, 0.2]))


def job(skin: np.ndarray = SKIN) -> SimpleNamespace:
    """The left half shows skin of slightly different tones."""
    random = np.random.default_rng(0)
    unlit = (skin * np.exp(random.normal(0, 0.02, (64, 64, 3)))).astype(np.float32)
    confidence = np.zeros((64, 64), np.float32)
    confidence[:, :32] = 1
    return SimpleNamespace(evidence=(unlit, confidence))


def painted(hidden: np.ndarray) -> np.ndarray:
    made = np.broadcast_to(SKIN, (64, 64, 3)).copy()
    made[:, 32:] = hidden
    return made


def test_a_teal_nape_takes_the_skins_hue_at_its_own_luminance():
    made = painted(TEAL)
    warm = keep_warm(made, job())
    assert (warm[:, :32] == made[:, :32]).all()
    red, green, blue = warm[32, 48]
    assert 1.2 < red / green < 1.4 and 1.15 < green / blue < 1.35
    assert abs(warm[32, 48] @ LUMINANCE - TEAL @ LUMINANCE) < 0.01


def test_what_is_warmer_than_the_skin_and_a_blue_persons_own_stay():
    made = painted(RED)
    assert (keep_warm(made, job()) == made).all()
    elf = np.float32([0.3, 0.4, 0.6])
    made = np.broadcast_to(elf, (64, 64, 3)).copy()
    assert np.abs(keep_warm(made, job(elf)) - made).max() < 0.02


def test_without_visible_skin_nothing_is_known():
    nothing = SimpleNamespace(evidence=(np.zeros((64, 64, 3), np.float32), np.zeros((64, 64), np.float32)))
    assert (keep_warm(painted(TEAL), nothing) == painted(TEAL)).all()


def test_it_is_one_of_the_finishers():
    assert keep_warm in FINISHERS
