"""The texels that a head fills: its rim by distances, rows in parts, and values beside plain sums."""

import cv2
import numpy as np

from backend.compose.texels import RIM, Texels, _nearest, find_texels
from backend.head.mesh import HeadMesh
from backend.head.rasterize import rasterize, texel_corners
from backend.imaging.sample import add_at, picked, planar

#: Two islands of two triangles, of which one ends at the map's edge.
UVS = np.float32(
    [[[0.1, 0.1], [0.5, 0.15], [0.3, 0.6]], [[0.5, 0.15], [0.55, 0.7], [0.3, 0.6]], [[0.8, 0.2], [1, 0.3], [0.9, 0.9]]]
)


def head() -> HeadMesh:
    points = np.random.default_rng(1).random((9, 3)).astype(np.float32)
    return HeadMesh(points, np.arange(9, dtype=np.int32).reshape(3, 3), UVS, "")


def test_the_rim_is_what_lies_within_so_many_texels_and_hangs_on_the_nearest():
    texels = find_texels(head(), 96)
    away = cv2.distanceTransform((~texels.covered).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    assert np.array_equal(texels.filled, away <= 2.3)
    row, column = np.nonzero(texels.filled & ~texels.covered)
    nearest, distance = _nearest(texels.covered, row, column)
    assert texels.covered.ravel()[nearest].all() and np.allclose(distance, away[row, column], atol=1e-4)
    assert np.allclose(distance, np.hypot(nearest // 96 - row, nearest % 96 - column)) and RIM.sum() == 21


def test_covered_texels_have_the_rasterisers_triangles_and_weights():
    mesh, texels = head(), find_texels(head(), 96)
    fragments = rasterize(texel_corners(mesh.corner_uvs, 96), 96, 96)
    drawn = texels.covered[texels.filled]
    assert np.array_equal(texels.triangle[drawn], fragments.triangle[fragments.covered])
    assert np.allclose(texels.weights[drawn], fragments.barycentric[fragments.covered], atol=1e-6)
    values = np.random.default_rng(2).random((9, 4)).astype(np.float32)
    expected = np.einsum("nk,nkc->nc", texels.weights, values[mesh.triangles[texels.triangle]])
    assert np.allclose(texels.at(mesh, values), expected, atol=1e-5)
    assert np.allclose(texels.at(mesh, values, slice(5, 50)), expected[5:50], atol=1e-5)


def test_parts_are_whole_rows_and_name_every_texel_once():
    texels = find_texels(head(), 96)
    for count in (1, 100, 10**6):
        parts = list(texels.parts(count))
        assert [row for rows, _ in parts for row in range(96)[rows]] == list(range(96))
        for rows, part in parts:
            assert np.count_nonzero(texels.filled[rows]) == part.stop - part.start
        assert parts[-1][1].stop == len(texels.triangle) and all(
            part.stop - part.start <= max(count, 96) for _, part in parts
        )
    nothing = np.zeros((4, 4), bool)
    empty = Texels(nothing, nothing, np.zeros(0, np.int32), np.zeros((0, 3), np.float32))
    assert [part for _, part in empty.parts(10)] == [slice(0, 0)]


def test_planar_values_are_picked_and_added_as_others_are():
    values, index = np.random.default_rng(3).random((20, 3)), np.array([3, 0, 19])
    laid = planar(values.copy())
    assert np.array_equal(picked(laid, index), values[index]) and picked(laid, index).flags.f_contiguous
    add_at(laid, index, np.ones((3, 3)))
    values[index] += 1
    assert np.array_equal(laid, values)
