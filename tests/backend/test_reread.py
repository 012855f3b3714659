"""Head and portrait in one picture: the skin that is fitted, the flow between the two, a turned head's camera."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from backend.head.reread import SIZE, flow_at
from backend.prior.skin import BACKDROP, fitted_skin, usual_skin


@pytest.fixture(scope="module")
def wall():
    """The front of the atlas as a flat wall before the camera: places, normals, canonical points, what is covered."""
    across, down = np.meshgrid(np.linspace(0.3, 0.7, 128), np.linspace(0.25, 0.7, 128))
    normals = np.stack([across - 0.5, down - 0.5, np.full_like(across, -0.4)], -1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    covered = np.ones(across.shape, bool)
    covered[:, :8] = False
    places = np.stack([across, down], -1).astype(np.float32)
    return places, normals.astype(np.float32), np.full((128, 128, 3), 0.1), covered


def seen(wall, coefficients: np.ndarray) -> np.ndarray:
    """(128,128,3) the prior's face of these coefficients under a light from the right, through a warm filter."""
    places, normals, _, covered = wall
    row, column = (places[..., ::-1] % 1 * usual_skin().size).astype(int).transpose(2, 0, 1)
    albedo = usual_skin().decode(coefficients)[row, column]
    lit = albedo * (0.9 + 0.3 * normals[..., :1]) * (1.05, 1.0, 0.9)
    return np.where(covered[..., None], lit, BACKDROP).astype(np.float32)


def test_the_head_wears_the_portraits_skin_and_light_and_not_its_occluder(wall):
    places, normals, canonical, covered = wall
    skin = usual_skin()
    portrait = seen(wall, np.random.default_rng(2).normal(size=len(skin.basis)).astype(np.float32) * skin.deviation)
    hidden = portrait.copy()
    hidden[100:, :60] = (0.1, 0.9, 0.2)
    made = fitted_skin(usual_skin(), hidden, places, normals, canonical, covered)
    away = np.abs(made - portrait).mean(-1)
    mean = np.abs(seen(wall, np.zeros(len(skin.basis), np.float32)) - portrait).mean(-1)
    assert away[:100, 8:].mean() < 0.02 < 0.5 * mean[:100, 8:].mean()
    assert away[100:, 8:60].mean() < 0.08 and np.allclose(made[:, :8], BACKDROP)


def test_flow_follows_what_moved_and_comes_back():
    random = np.random.default_rng(3)
    start = np.repeat(cv2.GaussianBlur(random.random((SIZE, SIZE)).astype(np.float32), (0, 0), 3)[..., None], 3, 2)
    start = (start - start.min()) / np.ptp(start)
    end = np.roll(start, (2, -5), (0, 1))
    places = random.uniform(40, SIZE - 40, (50, 2))
    moved, back = flow_at(start, end, places)
    assert np.abs(moved - (-5, 2)).max() < 0.5 and np.abs(moved + back).max() < 0.5


def test_one_pixel_less_gives_the_same_skin(wall):
    """Counted pixels all changed with the first one that was not covered."""
    places, normals, canonical, covered = wall
    skin = usual_skin()
    random = np.random.default_rng(4)
    portrait = seen(wall, random.normal(size=len(skin.basis)).astype(np.float32) * skin.deviation)
    portrait = np.float32(portrait + random.normal(0, 0.03, portrait.shape))
    fewer = covered.copy()
    fewer[3, 41] = False
    one, other = (fitted_skin(skin, portrait, places, normals, canonical, some) for some in (covered, fewer))
    assert np.abs(one - other)[fewer].max() < 1e-3


def test_flow_is_the_same_in_a_picture_that_hardly_differs(wall):
    random, skin = np.random.default_rng(5), usual_skin()
    start, end = (
        cv2.resize(seen(wall, random.normal(size=len(skin.basis)).astype(np.float32) * skin.deviation), (SIZE, SIZE))
        for _ in range(2)
    )
    places = random.uniform(60, SIZE - 60, (200, 2))
    moved, _ = flow_at(start, end, places)
    again, _ = flow_at(np.float32(start + random.normal(0, 1e-3, start.shape)), end, places)
    assert np.median(np.linalg.norm(moved - again, axis=1)) < 0.5
