"""Shut lids are told by the mesh: a sheet of skin with a slit from corner to corner of each eye."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from backend.head.lid_gap import CORNERS, find_shut_lids
from backend.head.mesh import HeadMesh

#: Vertices along and across a patch.
ALONG, ACROSS = 41, 21


def patch(upper: np.ndarray, lower: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and triangles between two (ALONG,) edges, in widths of the eye; depth: (ACROSS,ALONG) towards one."""
    share = np.linspace(0, 1, ACROSS)[:, None]
    x = np.broadcast_to(np.linspace(-1.2, 1.2, len(upper)), depth.shape)
    points = np.stack([x, upper + share * (lower - upper), depth], -1).reshape(-1, 3)
    first = (np.arange(ACROSS - 1)[:, None] * ALONG + np.arange(ALONG - 1)).ravel()
    corners = first[:, None] + [0, ALONG, 1], first[:, None] + [1, ALONG, ALONG + 1]
    return points, np.concatenate(corners)


def eye(gap: float, *pieces: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Skin around an eye whose lids are gap apart, the upper one a tenth in front of the lower; and what is no skin."""
    x = np.linspace(-1.2, 1.2, ALONG)
    arch = np.clip(1 - (2 * x) ** 2, 0, None)  # 0 at the corners and beyond
    lid = 0.1 * np.clip(np.linspace(-1, 1, ACROSS)[:, None], 0, None) * arch
    flat, low = np.zeros((ACROSS, ALONG)), -0.15 * arch
    found = [patch(np.full(ALONG, 1.2), low + gap * arch, lid), patch(low, np.full(ALONG, -1.2), flat)]
    if "fold" in pieces:  # the lids are one but in a few columns
        found[0] = patch(np.full(ALONG, 1.2), low, lid * (np.abs(x) < 0.12))
    if "relief" in pieces:  # no slit: what bulges is an eye without lids of its own
        found = [patch(np.full(ALONG, 1.2), np.full(ALONG, -1.2), 0.1 * arch * np.ones((ACROSS, 1)))]
    if "eyeball" in pieces:
        found.append(patch(np.full(ALONG, 0.4), np.full(ALONG, -0.4), flat - 0.06))
    if "lashes" in pieces:
        found.append(patch(low + 0.1, low - 0.05, flat + 0.3))
    return found


def head(gap: float, *pieces: str, tilt: float = 0.0):
    """A mesh of two eyes 4 widths apart, turned in its plane by radians of tilt, and its landmarks."""
    turn = np.array([[np.cos(tilt), np.sin(tilt), 0], [-np.sin(tilt), np.cos(tilt), 0], [0, 0, 1]])
    points, triangles, landmarks = [], [], np.zeros((468, 3))
    for side, (outer, inner) in zip((-1, 1), CORNERS, strict=True):
        for vertices, faces in eye(gap, *pieces):
            triangles.append(faces + sum(map(len, points)))
            points.append(vertices + np.array([2 * side, 0, 0]))
        landmarks[outer], landmarks[inner] = (2.5 * side, 0, 0), (1.5 * side, 0, 0)
    faces = np.concatenate(triangles).astype(np.int32)
    mesh = HeadMesh(
        (np.concatenate(points) @ turn).astype(np.float32), faces, np.zeros((len(faces), 3, 2), np.float32), "head"
    )
    return mesh, SimpleNamespace(points=landmarks @ turn, rotation=np.eye(3))


@pytest.mark.parametrize("pieces", [(), ("eyeball",), ("eyeball", "lashes")])
@pytest.mark.parametrize(("gap", "shut"), [(0.3, False), (0.2, False), (0.03, True), (0.0, True)])
def test_lids_that_touch_are_shut_whatever_lies_behind_and_before_them(gap, shut, pieces):
    assert find_shut_lids(*head(gap, *pieces)).tolist() == [shut, shut]


def test_slanted_eyes_are_told_as_level_ones():
    assert find_shut_lids(*head(0.0, tilt=0.6)).all() and not find_shut_lids(*head(0.3, tilt=0.6)).any()


@pytest.mark.parametrize("skin", ["relief", "fold"])
def test_eyes_in_one_piece_with_the_skin_are_open(skin):
    assert not find_shut_lids(*head(0.0, skin)).any()


def test_skin_that_ends_above_the_corners_is_no_shut_lid():
    """An upper lid's edge alone, over an eyeball that goes on into the lower lid."""
    mesh, landmarks = head(0.0)
    middle = landmarks.points[[33, 133]].mean(0)
    lowered = SimpleNamespace(points=landmarks.points - (0, 0.4, 0), rotation=landmarks.rotation)
    assert middle[1] == 0 and not find_shut_lids(mesh, lowered).any()
