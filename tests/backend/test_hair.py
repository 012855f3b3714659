"""Hair goes on where the portrait cannot see it."""

from __future__ import annotations

import numpy as np
import pytest

from backend.texture.hair import hair_evidence, hair_tone, wear_hair

SIZE = 128
DARK = np.array([0.15, 0.1, 0.08], np.float32)
SKIN = np.array([0.8, 0.6, 0.5], np.float32)


@pytest.fixture
def scalp() -> np.ndarray:
    share = np.zeros((SIZE, SIZE), np.float32)
    share[:40] = 1
    return share


@pytest.fixture
def seen() -> tuple[np.ndarray, np.ndarray]:
    """Dark hair over skin, seen from the front only."""
    colour = np.where(np.arange(SIZE)[:, None, None] < 40, DARK, SKIN) * np.ones((SIZE, SIZE, 1), np.float32)
    confidence = np.zeros((SIZE, SIZE), np.float32)
    confidence[20:90, 40:88] = 1
    return colour, confidence


def test_a_bald_head_stays_bald(seen, scalp):
    colour, confidence = seen
    assert hair_tone(colour, confidence, np.zeros_like(scalp), scalp) is None
    assert wear_hair(colour, None) is colour
    assert hair_evidence(colour, confidence, None) == (colour, confidence)


def test_the_unseen_scalp_takes_the_hairs_tone_and_keeps_its_own_structure(seen, scalp):
    colour, confidence = seen
    tone = hair_tone(colour, confidence, scalp, scalp)
    generated = np.tile(SKIN, (SIZE, SIZE, 1)).astype(np.float32)
    generated[:40, ::2] *= 0.8  # strands
    worn = wear_hair(generated, tone)
    unseen = np.zeros((SIZE, SIZE), bool)
    unseen[:40, :30] = True
    before, after = (np.linalg.norm(np.median(p[unseen], axis=0) - DARK) for p in (generated, worn))
    assert after < 0.3 * before
    assert np.array_equal(worn[50:], generated[50:])
    assert np.allclose(worn[:40, 0] / worn[:40, 1], 0.8, atol=0.01)


def test_evidence_of_unseen_hair_is_weak_and_of_its_colour(seen, scalp):
    colour, confidence = seen
    found, sure = hair_evidence(colour, confidence, hair_tone(colour, confidence, scalp, scalp))
    assert 0 < sure[10, 10] < 0.1 and sure[100, 10] == 0
    assert np.allclose(found[10, 10], DARK, atol=0.02)
    assert np.array_equal(sure[50:], confidence[50:])
