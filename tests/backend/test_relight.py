"""The portrait's light: what takes it off the skin, and what puts it back where nobody looked."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from backend.imaging.sample import to_linear, to_srgb
from backend.observation.reflected import (
    MATTE,
    REFLECTED,
    find_reflected,
    in_hair,
    light_around,
    local_share,
    without_reflection,
)
from backend.observation.relight import light_beside, relighting, relit, rooted

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


def test_removing_takes_out_the_light_and_the_cast_shadow_but_not_the_pores(lit):
    skin, truth, photo, observation = lit
    gain = relighting(observation, cv2.resize(skin, (128, 128)))
    removed = relit(photo, rooted(gain))
    assert error(removed, truth, observation) < 0.15 * error(photo, truth, observation)
    fine = (removed - cv2.GaussianBlur(removed, (0, 0), 3))[100:150, 100:150]
    pores = (truth - cv2.GaussianBlur(truth, (0, 0), 3))[100:150, 100:150]
    assert np.corrcoef(fine.ravel(), pores.ravel())[0, 1] > 0.95 and 0.8 < fine.std() / pores.std() < 1.25


def test_where_nothing_was_seen_only_the_smooth_light_counts(lit):
    skin, _, _, observation = lit
    gain = relighting(observation, skin)
    far = gain[-12:, :20]
    assert np.allclose(far, 1 / observation.shade[-12:, :20, None], rtol=0.05)


def test_roots_multiply_light_but_for_the_darkest_values():
    random = np.random.default_rng(0)
    colour, gain = random.uniform(0.1, 0.6, (100, 3)), random.uniform(0.5, 2.0, (100, 3))
    assert np.allclose(relit(colour, rooted(gain)), to_srgb(to_linear(colour) * gain), atol=0.01)
    assert relit(colour, None) is colour and relit(colour, rooted(1e3)).max() == 1


def test_the_light_goes_on_beside_what_shows_and_is_the_exposure_further_away():
    seen = np.zeros((SIZE, SIZE), np.float32)
    seen[100:156, 100:156] = 1
    shade = np.where(seen > 0, 0.6, 1.7).astype(np.float32)
    observation = SimpleNamespace(confidence=seen, exposure=0.5)
    light = light_beside(observation, (1 / shade)[..., None].repeat(3, 2))
    assert np.allclose(light[128, 128], 0.6, atol=0.01) and 0.52 < light[128, 160, 0] < 0.6
    assert np.allclose(light[128, [10, -10]], 0.5, atol=0.01)  # what the light would be there nobody knows


def test_what_is_mirrored_comes_off_by_the_light_and_at_most_so_far():
    """What goes off is what a surface that mirrors a share of the light adds to its own colour."""
    own = np.float32([[[0.02, 0.2, 0.6]]])
    for exposure in (0.5, 1.0):
        lit = exposure * ((1 - REFLECTED) * own + REFLECTED)
        assert np.allclose(to_linear(without_reflection(to_srgb(lit), exposure)), exposure * own, atol=2e-3)
    dark = np.full((1, 1, 3), 0.05, np.float32)
    assert np.allclose(without_reflection(dark, 1.0), MATTE * dark)


def test_a_picture_that_would_become_orange_has_less_to_take_off():
    """Skin that the light whitens is its own colour again; a camera's contrast made another colourful already."""
    usual, orange = (to_linear(np.float32([color])) for color in ([0.75, 0.58, 0.46], [0.74, 0.5, 0.26]))
    shade = np.ones(1, np.float32)
    whitened = to_srgb((1 - REFLECTED) * usual + REFLECTED)
    assert find_reflected(whitened, shade) > 0.8 * REFLECTED
    assert find_reflected(to_srgb(orange), shade) < 0.5 * REFLECTED
    assert find_reflected(np.float32([[0.74, 0.55, 0.4]]), shade) > 0.3 * REFLECTED  # yet surfaces mirror
    assert find_reflected(np.zeros((0, 3), np.float32), shade[:0]) == REFLECTED


def test_a_place_that_would_become_orange_has_less_to_take_off_than_the_skin_around_it():
    usual, orange = (to_linear(np.float32(color)) for color in ([0.75, 0.58, 0.46], [0.74, 0.5, 0.26]))
    skin = np.where(np.arange(64)[None, :, None] < 32, orange, usual + REFLECTED) * np.ones((64, 1, 1), np.float32)
    part = local_share(skin, np.ones((64, 64), np.float32), REFLECTED)
    assert part[:, 40:].min() > 0.9 and part[:, :24].max() < 0.6


def test_shaded_skin_mirrors_the_shade():
    """Each side of a face is lit by its own light; beside the face it is the mean."""
    row, column = np.mgrid[:64, :64].astype(np.float32)
    places = np.stack([60 + 2 * column, 100 + 2 * row], -1)  # over a part of the picture
    shade = np.where(column < 32, 0.3, 1.2).astype(np.float32)
    light = light_around(shade, np.ones_like(shade), places, (300, 400), 0.6)
    assert light.shape == (300, 400, 1)
    assert np.allclose(light[150, [80, 165], 0], [0.3, 1.2], rtol=0.1)
    assert np.allclose(light[[10, 290], [10, 390], 0], 0.6, rtol=0.01)


def test_hair_keeps_its_reflection_where_it_would_turn_orange():
    picture, hair = np.full((60, 80, 3), (0.2, 0.14, 0.1), np.float32), np.zeros((60, 80), np.float32)
    picture[:, 60:], hair[:, 40:] = 0.16, 1  # brown hair, then grey hair
    light = np.full((60, 80, 1), 0.4, np.float32)
    share = in_hair(picture, hair, light, REFLECTED)[..., 0]
    assert share[:, :38].min() == 1 and share[:, 70:].min() == 1 and share[:, 44:56].max() < 0.6
    matte = without_reflection(picture, light * share[..., None])
    assert np.ptp(matte[30, 50]) / matte[30, 50].mean() < 0.8 * np.ptp(matte[30, 10]) / matte[30, 10].mean()
