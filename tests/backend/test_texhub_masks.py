"""What TexHub's cameras see: visibility from the z-buffer, and what stands in the way."""

from __future__ import annotations

import numpy as np
import pytest

from backend.head.facial_regions import find_facial_regions
from backend.lab.texhub.occluders import KINDS, draw_occluder, shown
from backend.lab.texhub.views import Eye
from tests.backend import synthetic_skins

SIZE = synthetic_skins.SIZE


@pytest.fixture(scope="module")
def positions():
    return synthetic_skins.geometry(SIZE)[0]


@pytest.fixture(scope="module")
def regions(positions):
    return find_facial_regions(positions)


def test_the_front_is_seen_from_the_front_and_the_back_is_not(regions):
    mask = synthetic_skins.views().mask(0, 0)
    assert mask[regions["cheeks"] > 0.6].mean() > 0.8
    assert mask[:, :6].max() == mask[:, -6:].max() == 0
    assert mask[regions["openings"] > 0.9].max() == 0  # eyeballs are no skin


def test_a_turned_head_shows_one_side_and_hides_what_is_behind_the_nose(regions):
    left, right = (synthetic_skins.views().mask(yaw, 0) for yaw in (-48, 48))
    assert right[:, SIZE // 2 :].mean() > 3 * right[:, : SIZE // 2].mean()
    assert np.abs(right - left[:, ::-1]).mean() < 0.03  # the egg is symmetric
    # on the nose's far side the surface faces the camera well enough, and yet is hidden
    _, normals = synthetic_skins.geometry(SIZE)
    facing = (normals @ Eye.at(48, 0).axes[2] > 0.62) & (regions["openings"] < 0.01)
    assert (right[facing] > 0.9).mean() > 0.6
    assert (right[facing & (regions["nose"] + regions["cheeks"] > 0.3)] < 0.1).sum() >= 3


@pytest.mark.parametrize("kind", KINDS)
def test_occluders_hide_a_part_and_never_all(kind, positions, regions):
    random = np.random.default_rng(4)
    face = regions["face"] > 0.5
    hidden = []
    for _ in range(12):
        left = shown(draw_occluder(kind, random), positions, Eye.at(0, 0))
        assert left.shape == (SIZE, SIZE) and left.min() >= 0 and left.max() <= 1
        hidden.append(1 - left[face].mean())
    assert 0.02 < np.mean(hidden) < 0.6 and max(hidden) < 0.95


def test_glasses_sit_before_the_eyes_and_spare_the_mouth(positions, regions):
    recipe = {**draw_occluder("glasses", np.random.default_rng(0)), "lens": 0.0}
    left = shown(recipe, positions, Eye.at(0, 0))
    assert left[regions["openings"] > 0.5].mean() < 0.3
    assert left[regions["mouth"] > 0.5].min() == 1


def test_fringes_hide_the_forehead_and_spare_the_chin(positions, regions):
    recipe = {**draw_occluder("hair", np.random.default_rng(0)), "shape": "fringe", "level": 0.3, "slope": 0.0}
    left = shown(recipe, positions, Eye.at(0, 0))
    assert left[int(0.2 * SIZE), SIZE // 2] < 0.2
    assert left[regions["chin"] > 0.5].min() > 0.9


def test_a_hand_moves_with_the_camera(positions):
    recipe = draw_occluder("hand", np.random.default_rng(1))
    assert not np.array_equal(shown(recipe, positions, Eye.at(0, 0)), shown(recipe, positions, Eye.at(30, 0)))
