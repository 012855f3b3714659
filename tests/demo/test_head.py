"""The demo's head is an asset as artists have them: of human size, cleanly cut, its UVs in the square, unfolded."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import trimesh

from tests.demo.head import ISLANDS, METRES, NECK_CUT, Head


def uv_areas(head: Head) -> np.ndarray:
    corners = head.uvs[head.face_uvs]
    following = np.roll(corners, -1, axis=1)
    return 0.5 * (corners[..., 0] * following[..., 1] - following[..., 0] * corners[..., 1]).sum(axis=1)


def test_size_and_direction(demo_head: Head) -> None:
    """A head and neck of human size in metres, y up, face towards +z, origin at the neck."""
    width, height, depth = demo_head.vertices.max(axis=0) - demo_head.vertices.min(axis=0)
    assert 0.14 < width < 0.20 and 0.20 < height < 0.30 and 0.17 < depth < 0.24
    assert demo_head.vertices[:, 1].min() == 0
    nose = demo_head.vertices[demo_head.vertices[:, 2].argmax()]
    assert abs(nose[0]) < 0.01 and 0.08 < nose[1] < 0.16


def test_uvs_fill_the_square_without_folding(demo_head: Head) -> None:
    assert demo_head.uvs.min() > 0 and demo_head.uvs.max() < 1
    areas = uv_areas(demo_head)
    assert (areas > 0).all(), "no face is folded or mirrored"
    assert areas.sum() > 0.5


def test_uv_islands_do_not_overlap(demo_head: Head) -> None:
    """Painted one over another, the faces cover as much as they do alone."""
    import cv2

    texels = 2048
    painted = np.zeros((texels, texels), np.uint8)
    cv2.fillPoly(painted, (demo_head.uvs[demo_head.face_uvs] * texels).round().astype(np.int32).reshape(-1, 4, 1, 2), 1)
    alone = uv_areas(demo_head).sum()
    borders = 0.02  # fillPoly paints the border texels as well
    assert alone - 0.005 < painted.mean() < alone + borders


def test_neck_ends_in_a_plane(demo_head: Head) -> None:
    """The border of the neck lies in the plane of the cut, and is one loop."""
    edges = Counter(
        tuple(sorted(pair)) for face in demo_head.faces for pair in zip(face, np.roll(face, -1), strict=True)
    )
    border = {vertex for edge, count in edges.items() if count == 1 for vertex in edge}
    points = demo_head.vertices[sorted(border)]
    low = points[points[:, 1] < 0.04]
    # the plane leans by NECK_CUT[1]; the origin moved, so only its slope can be told here
    offset = low[:, 1] - NECK_CUT[1] * low[:, 2]
    assert len(low) > 30 and np.ptp(offset) < 0.02 * METRES


def test_obj_is_read_back(demo_head: Head, demo_head_obj: Path) -> None:
    mesh = trimesh.load(demo_head_obj, process=False, force="mesh")
    assert len(mesh.faces) == 2 * len(demo_head.faces)
    assert mesh.visual.uv is not None
    assert np.allclose(mesh.extents, np.ptp(demo_head.vertices, axis=0), atol=1e-5)


def test_every_island_arrives(demo_head: Head) -> None:
    """Head, neck, mouth, two sockets, and the eyeballs' two halves each: nine places in the square."""
    assert len(ISLANDS) == 9
    for island in ISLANDS:
        distance = np.linalg.norm(demo_head.uvs - island.centre, axis=1)
        assert distance.min() < island.width / 2
