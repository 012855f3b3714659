"""Painting around the head: views and atlas agree, what every view says is averaged, what was seen is held."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from backend.head.atlas import to_atlas
from backend.large import control
from backend.large.around import ENOUGH, POWERS, AroundHead, gather, read
from backend.large.views import VIEWS, Maps, Sights, look_deep, map_views, place_camera, view_surface
from tests.backend import tiny_models


@pytest.fixture(scope="module")
def ball():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("backend.head.visibility.BUFFER", 150)  # it hides little
        yield tiny_models.sphere()


@pytest.fixture(scope="module")
def depths(ball):
    return look_deep(ball)


@pytest.fixture(scope="module")
def maps(ball, depths):
    return map_views(ball, [view_surface(ball, place_camera(ball, *side, 24), 24) for side in VIEWS], 32, depths)


def taken(picture: np.ndarray, x: float, y: float, wraps: bool) -> np.ndarray:
    """(C,) one value of (C,h,w) between four pixels, whose centres lie at +0.5."""
    height, width = picture.shape[1:]
    x, y = x - 0.5, y - 0.5
    total = np.zeros(len(picture))
    for column in (math.floor(x), math.floor(x) + 1):
        for row in (math.floor(y), math.floor(y) + 1):
            share = (1 - abs(x - column)) * (1 - abs(y - row))
            at = column % width if wraps else min(max(column, 0), width - 1)
            total += share * picture[:, min(max(row, 0), height - 1), at]
    return total


def synchronised(views: np.ndarray, maps: Maps, power: float) -> np.ndarray:
    """The slow twin of gather and read: (V,C,n,n) of (V,C,n,n), texel by texel and pixel by pixel."""
    count, channels, size, _ = views.shape
    side = maps.cosine.shape[-1]
    atlas = np.zeros((channels, side, side))
    for row in range(side):
        for column in range(side):
            total, weights, best = np.zeros(channels), 0.0, float(maps.cosine[:, row, column].max())
            if not best:
                continue
            for view in range(count):
                weight = (float(maps.cosine[view, row, column]) / best) ** power
                x, y = maps.to_views[view, row, column] * size
                total += weight * taken(views[view], x, y, False)
                weights += weight
            atlas[:, row, column] = total / weights * min(1, best / ENOUGH)
    made = np.zeros_like(views)
    for view in range(count):
        for row in range(size):
            for column in range(size):
                if maps.covered[view, row, column]:
                    u, v = maps.to_atlas[view, row, column]
                    made[view, :, row, column] = taken(atlas, (u % 1) * side, v * side, True)
    return made


@pytest.mark.parametrize("power", POWERS)
def test_views_agree_as_the_slow_twin_says(maps, power):
    fewer = Maps(maps.to_atlas[2:5], maps.covered[2:5], maps.to_views[2:5], maps.cosine[2:5])
    views = np.random.default_rng(0).normal(size=(3, 2, 24, 24)).astype(np.float32)
    fast = read(gather(torch.from_numpy(views)[None], fewer, power)[0], fewer)[0].numpy()
    slow = synchronised(views, fewer, power)
    assert np.abs(slow).max() > 0.5 and np.abs(fast - slow).max() < 1e-4


def test_what_is_the_same_everywhere_stays(maps):
    said = torch.tensor([0.3, -2.0])[None, None, :, None, None].expand(1, len(VIEWS), -1, 24, 24)
    atlas, best = gather(said, maps, 6.0)
    seen = best >= ENOUGH
    assert seen.float().mean() > 0.85
    assert torch.allclose(atlas[0][:, seen], torch.tensor([0.3, -2.0])[:, None].expand(-1, int(seen.sum())), atol=1e-5)
    shown = read(torch.ones(1, 1, 32, 32), maps)[0, :, 0]
    assert (
        torch.equal(shown > 0.99, torch.from_numpy(maps.covered)) and not shown[~torch.from_numpy(maps.covered)].any()
    )


def test_a_point_lies_where_a_camera_and_the_atlas_say(ball):
    """On a ball both are known in closed form."""
    for left, up in VIEWS:
        view = view_surface(ball, place_camera(ball, left, up, 64), 64)
        a, b = np.radians([left, up])
        nearest = np.array([np.sin(a) * np.cos(b), np.sin(b), np.cos(a) * np.cos(b)])  # it faces the eye
        across, down = np.abs(view.atlas[32, 32] - to_atlas(nearest))
        assert min(across, 1 - across) < 0.03 and down < 0.03, (left, up)
        assert view.normals[31:33, 31:33, 2].min() > 0.98 and abs(view.distance[32, 32] - 5.2) < 0.02
        assert view.normals[32, 50, 0] > 0.3 and view.normals[10, 32, 1] > 0.3  # x to the right, y up
        rows, columns = view.atlas[[14, 50], 32], view.atlas[32, [14, 50]]
        assert rows[0, 1] < rows[1, 1] or abs(up) > 30  # the crown is at the top
        assert columns[0, 0] < columns[1, 0] or left  # the person's left is at the right
        assert np.isclose(np.linalg.det(place_camera(ball, left, up, 64).rotation), 1)
        assert 0.5 < view.covered.mean() < 0.8  # the frame is filled: pi / 4 / 1.05 ** 2 of it, less by perspective


def test_texels_are_seen_from_where_they_face(maps):
    places = np.argwhere(maps.cosine.max(0) > 0)
    assert len(places) > 0.9 * 32 * 32
    middle = maps.cosine[:, 15:17, 15:17].mean((1, 2))  # the face's middle
    assert middle.argmax() == 0 and middle[0] > 0.9 and middle[VIEWS.index((180, 20))] == 0
    across = maps.to_views[0, 16, 12:20, 0]
    assert (np.diff(across) > 0).all() and 0.2 < across[0] < across[-1] < 0.8  # columns run to the picture's right


def test_what_was_seen_and_the_background_are_held(ball):
    start, sure = torch.rand(2, 3, 48, 48), torch.zeros(2, 1, 48, 48)
    sure[..., 12:36] = 1
    way = AroundHead(Sights(ball), (start, sure), start[:1], "a head", 48, 0.0)
    scene = way.scene
    assert scene.start.shape == (20, 3, 48, 48) and not scene.closes and len(scene.words) == len(scene.start)
    assert scene.words[0] == "a head, front view" and scene.words[7] == "a head, back view"
    away = ~torch.from_numpy(way.sights.map(48, 48).covered).repeat(2, 1, 1)
    assert (scene.start.movedim(1, -1)[away] == 0.5).all() and (scene.sure[:, 0][away] == 1).all()
    kept = torch.randn(20, 4, 24, 24)
    way.begin(kept, 2)
    settled = way.settle(torch.randn(20, 4, 24, 24), 0.5)
    held = (way.sure == 1).expand_as(kept)
    assert 0.3 < held.float().mean() < 0.95 and torch.equal(settled[held], kept[held])
    assert (settled[~held] - kept[~held]).abs().mean() > 0.05
    assert torch.equal(way.settle(kept, 0.0), kept)  # what the model leaves as it was is not blurred


def test_pictures_that_say_nothing_new_leave_the_atlas(ball):
    start = torch.rand(1, 3, 48, 48)
    way = AroundHead(Sights(ball), (start, torch.zeros(1, 1, 48, 48)), start, "a head", 48, 0.0)
    assert torch.allclose(way.lay(way.scene.start), start, atol=1e-5)
    warmer = way.lay(way.scene.start + torch.tensor([0.2, 0.0, -0.1])[:, None, None])
    assert torch.allclose(warmer - start, torch.tensor([0.2, 0.0, -0.1])[:, None, None].expand(3, 48, 48), atol=1e-4)
    assert way.lay(torch.rand(10, 3, 24, 24)).shape == (1, 3, 24, 24)


def test_hints_of_the_shape():
    covered = np.zeros((4, 4), bool)
    covered[1:3, 1:3] = True
    distance = np.where(covered, [[5.0, 6.0, 7.0, 8.0]], 0)
    shown = control.depth(distance, covered)
    assert shown[1, 1].tolist() == [1, 1, 1] and np.isclose(shown[1, 2, 0], control.FARTHEST) and not shown[0].any()
    normals = np.zeros((4, 4, 3))
    normals[1, 1], normals[1, 2], normals[2, 1] = (-1, 0, 0), (0, 1, 0), (0, 0, 1)
    colours = control.normal(normals, covered)
    assert colours[1, 1].tolist() == [1, 0.5, 0.5]  # red is left
    assert colours[1, 2].tolist() == [0.5, 1, 0.5] and colours[2, 1].tolist() == [0.5, 0.5, 1]
    assert colours[0, 0].tolist() == [0.5, 0.5, 1]
    places = control.position(normals * 3, covered)
    assert places[1, 1].tolist() == [0, 0.5, 0.5] and not places[0].any() and places[2, 1, 2] == 1
