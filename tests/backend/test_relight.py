"""The portrait's light on the texture: kept, evened out, removed."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from backend.imaging.sample import to_linear, to_srgb
from backend.observation.relight import relighting, relit

SIZE = 256


@pytest.fixture
def lit():
    """An observation of known skin under a smooth light that is known and a cast shadow that is not."""
    random = np.random.default_rng(3)
    coarse = random.uniform(0.35, 0.7, (4, 4, 3)).astype(np.float32)
    skin = cv2.resize(coarse, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    pores = random.normal(0, 0.02, (SIZE, SIZE, 1)).astype(np.float32)
    across = np.linspace(-1, 1, SIZE, dtype=np.float32)
    shade = np.broadcast_to(1 + 0.4 * across, (SIZE, SIZE))
    shadow = 1 - 0.4 / (1 + np.exp(-(across[:, None] - 0.2) * 12))
    photo = to_srgb(to_linear(skin + pores) * (shade * shadow)[..., None] * 0.8)
    confidence = np.zeros((SIZE, SIZE), np.float32)
    confidence[30:220, 60:200] = 1
    observation = SimpleNamespace(
        confidence=confidence,
        covered=np.ones((SIZE, SIZE), bool),
        evened=None,
        shade=shade.astype(np.float32),
        unlit=to_srgb(to_linear(photo) / shade[..., None]),
    )
    return skin, skin + pores, photo, observation


def error(picture, truth, observation):
    inner = cv2.erode(observation.confidence, np.ones((31, 31))) > 0.5
    return float(np.abs(picture - truth)[inner].mean())


def test_light_that_is_kept_changes_nothing(lit):
    skin, _, _, observation = lit
    assert relighting(observation, skin, "keep") is None


def test_removing_takes_out_the_light_and_the_cast_shadow_but_not_the_pores(lit):
    skin, truth, photo, observation = lit
    gain = relighting(observation, cv2.resize(skin, (128, 128)), "remove")
    removed = relit(photo, gain)
    assert error(removed, truth, observation) < 0.15 * error(photo, truth, observation)
    fine = (removed - cv2.GaussianBlur(removed, (0, 0), 3))[100:150, 100:150]
    pores = (truth - cv2.GaussianBlur(truth, (0, 0), 3))[100:150, 100:150]
    assert np.corrcoef(fine.ravel(), pores.ravel())[0, 1] > 0.95 and 0.8 < fine.std() / pores.std() < 1.25


def test_evening_out_goes_half_of_the_way(lit):
    skin, truth, photo, observation = lit
    evened = relit(photo, relighting(observation, skin, "even"))
    removed = relit(photo, relighting(observation, skin, "remove"))
    assert 0.35 < error(evened, truth, observation) / error(photo, truth, observation) < 0.65
    assert error(removed, truth, observation) < error(evened, truth, observation)


def test_where_nothing_was_seen_only_the_smooth_light_counts(lit):
    skin, _, _, observation = lit
    gain = relighting(observation, skin, "remove")
    far = gain[-12:, :20]
    assert np.allclose(far, 1 / observation.shade[-12:, :20, None], rtol=0.05)
