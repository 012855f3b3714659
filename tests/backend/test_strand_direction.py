"""The direction of seen strands: read from a picture, and laid on a surface whatever its UV map."""

from __future__ import annotations

import numpy as np
import pytest

from backend.head.mesh import HeadMesh
from backend.head.scalp import from_whorl
from backend.surface.strand_direction import find_combed, find_directions, lay_directions, point_one_way, tangent_frames

SIZE, FACE = 160, 200.0


def striped(degrees: float, strength: float = 0.1) -> np.ndarray:
    """(SIZE,SIZE,3) lines in this direction, x right and y down, of several widths."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    angle = np.radians(degrees)
    across = x * np.sin(angle) - y * np.cos(angle)
    waves = sum(np.sin(across * 2 * np.pi / width + width) for width in (7.0, 10.0, 17.0))
    return np.repeat((0.4 + strength * waves / 3)[..., None], 3, 2).astype(np.float32)


@pytest.mark.parametrize("degrees", [0, 25, 90, 140])
def test_the_direction_is_the_lines(degrees):
    middle = find_directions(striped(degrees), np.ones((SIZE, SIZE), np.float32), FACE)[40:-40, 40:-40]
    expected = np.array([np.cos(2 * np.radians(degrees)), np.sin(2 * np.radians(degrees))])
    assert ((middle * expected).sum(-1) > 0.98).all()


def test_what_is_plain_or_noise_has_none_and_the_border_of_hair_is_no_strand():
    hair = np.zeros((SIZE, SIZE), np.float32)
    hair[:, 50:110] = 1
    noise = np.random.default_rng(0).normal(0, 0.002, (SIZE, SIZE, 3)).astype(np.float32)
    edged = np.where(hair[..., None] > 0, np.float32(0.2), np.float32(0.8)) + noise
    found = np.linalg.norm(find_directions(edged, hair, FACE), axis=-1)
    assert found.max() < 0.5 and not found[:, :50].any()
    lines = find_directions(striped(0) - edged + edged.mean(), hair, FACE)[:, 70:90]
    assert (lines[..., 0] > 0.9).all()  # and not upright, as the border is


def test_hair_is_combed_as_far_as_its_lines_go_together():
    random, whole = np.random.default_rng(0), np.ones((SIZE, SIZE), np.float32)
    dots = np.clip(0.4 + 0.1 * random.normal(size=(SIZE, SIZE, 1)), 0, 1).astype(np.float32).repeat(3, 2)
    assert find_combed(striped(30), whole, FACE) == 1 and find_combed(dots, whole, FACE) < 0.2
    assert find_combed(np.full((SIZE, SIZE, 3), 0.4, np.float32), whole, FACE) == 0
    tuft = np.zeros_like(whole)
    tuft[40:44, 40:44] = 1  # all border
    assert find_combed(striped(30), tuft, FACE) == find_combed(striped(30), 0 * whole, FACE) == 0


def plane(turn: float, mirrored: bool) -> tuple[HeadMesh, np.ndarray]:
    """A square before the face's middle with its UV map turned; its canonical places are its own."""
    vertices = np.array([[-0.1, -0.1, 0.5], [0.1, -0.1, 0.5], [0.1, 0.1, 0.5], [-0.1, 0.1, 0.5]], np.float32)
    angle = np.radians(turn)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    uv = vertices[:, :2] @ rotation.T * (3, 1) * (-1 if mirrored else 1, 1) + 0.5  # and stretched
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    return HeadMesh(vertices, triangles, uv[triangles].astype(np.float32), "plane"), vertices


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("degrees", [60, -30])
def test_it_is_laid_along_tangent_and_bitangent(mirrored, degrees):
    """Seen from before, strands lie where the picture has them, and point down."""
    mesh, canonical = plane(35, mirrored)
    pixels = mesh.corners(mesh.vertices).astype(np.float64)[..., :2] * (500, -500)
    doubled = np.repeat([[np.cos(2 * np.radians(degrees)), np.sin(2 * np.radians(degrees))]], 2, 0)
    triangle = np.array([0, 1])
    laid = lay_directions(mesh, canonical, triangle, [(pixels, doubled, np.ones(2))])
    assert np.allclose(laid[:, 2], 1, atol=1e-6)
    red, green = (2 * laid[:, :2] - 1).T
    along, across = tangent_frames(mesh)
    world = red[:, None] * along[triangle] + green[:, None] * across[triangle]
    angle = np.radians(degrees)
    seen = np.array([np.cos(angle), -np.sin(angle), 0])
    seen = seen if seen[1] < 0 else -seen
    assert ((world * seen).sum(1) > 0.99).all(), (world, seen)
    assert (np.cross(along, across)[:, 2] > 0.99).all()


@pytest.mark.parametrize("mirrored", [False, True])
def test_unseen_strands_grow_from_the_whorl(mirrored):
    """Beside the head, where that is no way straight down."""
    mesh, before = plane(35, mirrored)
    beside = (0.2 * before @ np.float32([[0, 0, -1], [0, 1, 0], [1, 0, 0]]) + (0.35, 0.3, 0)).astype(np.float32)
    laid = 2 * lay_directions(mesh, beside, np.array([0, 1]), []) - 1
    along, across = tangent_frames(mesh)
    step = 0.01 * (laid[:, :1] * along + laid[:, 1:2] * across) @ [[0, 0, -1], [0, 1, 0], [1, 0, 0]]
    middle = mesh.corners(beside).mean(1).astype(np.float64)
    turned, grown, _ = (from_whorl(middle + step) - from_whorl(middle)).T / 0.01
    assert (np.abs(turned) < 0.03).all() and (grown > 0.9).all()


def test_the_better_seen_direction_wins_and_opposite_ones_are_one():
    mesh, canonical = plane(0, False)
    pixels = mesh.corners(mesh.vertices).astype(np.float64)[..., :2] * (500, -500)
    level, steep = (np.repeat([[np.cos(2 * a), np.sin(2 * a)]], 2, 0) for a in (np.pi, np.pi / 3))
    views = [(pixels, level, np.full(2, 0.9)), (pixels, steep, np.full(2, 0.1))]
    laid = 2 * lay_directions(mesh, canonical, np.array([0, 1]), views)[:, :2] - 1
    assert (np.abs(laid[:, 0]) > 0.98).all()


def test_neighbours_point_one_way():
    """Level strands whose sign is noise; beside them upright ones point down, and stay so. Nothing else changes."""
    random, size = np.random.default_rng(2), 300
    tilt = random.normal(0, 0.05, (size, size))
    laid = np.zeros((size, size, 3), np.float32)
    signs = random.choice([-1, 1], (size, size), p=(0.45, 0.55))
    laid[..., 0], laid[..., 1] = signs * np.cos(tilt), signs * np.sin(tilt)
    laid[:, 200:, :2] = 0, -1
    laid[:40, :, :2] = 0
    given = laid * (0.5, 0.5, 1) + (0.5, 0.5, 0)
    found = point_one_way(given.astype(np.float32))
    vectors = 2 * found[60:, :, :2] - 1
    level = vectors[:, :180, 0]
    assert (level > 0.9).mean() > 0.99 or (level < -0.9).mean() > 0.99
    assert np.allclose(vectors[:, 220:], (0, -1), atol=1e-6)
    assert np.allclose(np.abs(2 * found[..., :2] - 1), np.abs(laid[..., :2]), atol=1e-5) and not found[:40, :, 2].any()
