"""A head's lips end in the furrow between them, or around a gap, wherever its landmarks were read."""

from __future__ import annotations

import numpy as np
import pytest

from backend.head.camera import Camera
from backend.head.lip_furrow import find_head_edges
from backend.head.mesh import HeadMesh
from backend.portrait.landmark_groups import canonical_face
from backend.portrait.lip_edges import ABOVE, BELOW

#: Mesh units are pixels at the surface: far away, so that depth hardly changes places.
FAR = 1e5
CAMERA = Camera(FAR, np.array([400.0, 400.0]), np.eye(3), np.array([-400.0, -400.0, FAR]))


def line(x: np.ndarray) -> np.ndarray:
    return 440 + 6 * np.cos((x - 400) / 25)


def face(gap: float, deep: float) -> HeadMesh:
    """A wall of lips with a furrow along line(), gap pixels wide and so deep."""
    x, y = np.meshgrid(np.linspace(250, 550, 301), np.linspace(340, 540, 401))
    away = np.abs(y - line(x))
    z = np.where(away < gap / 2, deep, 0) + 6 * np.exp(-(np.maximum(away - gap / 2, 0) / 4))
    vertices = np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)
    index = np.arange(x.size).reshape(x.shape)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    triangles = np.concatenate([np.stack(t, -1).reshape(-1, 3) for t in ((a, b, c), (b, d, c))])
    return HeadMesh(vertices, triangles.astype(np.int32), np.zeros((len(triangles), 3, 2), np.float32), "wall")


def landmarks(off: float) -> np.ndarray:
    """(468,2) the canonical face, 400 px high, its mouth at the wall's, read so many pixels off."""
    points = canonical_face()[0][:, :2] * (1, -1)
    points = (points - points[13]) * 400 / np.linalg.norm(points[10] - points[152]) + (400, 440 + off)
    middle = (points[list(ABOVE)] + points[list(BELOW)]) / 2
    points[list(ABOVE)], points[list(BELOW)] = middle - np.array([0, 1]), middle + np.array([0, 1])
    return points


@pytest.mark.parametrize("off", [-8, 0, 4])
def test_touching_lips_end_in_their_furrow(off):
    edges = find_head_edges(face(0, 0), CAMERA, landmarks(off))
    away = (edges.upper[:, 1] - line(edges.upper[:, 0]))[20:-20]
    assert np.array_equal(edges.upper, edges.lower) and np.abs(away).max() < 2.5


def test_parted_lips_end_around_the_gap():
    edges = find_head_edges(face(20, 60), CAMERA, landmarks(4))
    for edge, side in ((edges.upper, -1), (edges.lower, 1)):
        assert np.abs(edge[:, 1] - line(edge[:, 0]) - 10 * side)[30:-30].max() < 2.5
