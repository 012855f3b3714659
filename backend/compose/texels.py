"""The texels that a head fills in its UV map, and a rim around them, each tied to a place on the surface.

A renderer mixes neighbouring texels, so at an island's border it also reads texels whose centre lies outside. Those
of the rim hold what the surface would go on to show: the triangle beside them, extended. A copy of the nearest texel
instead would shift the colour by half a texel, and the two sides of a seam would not meet.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from ..head.mesh import HeadMesh
from ..head.rasterize import drawn_twice, rasterize, texel_corners

#: Texels about an island that belong to its rim, up to 2.3 away: what bilinear lookup and the first mip level reach.
RIM = np.uint8([[0, 1, 1, 1, 0], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0]])
#: Sizes of its triangle that a texel is extended by at most: further, what differs between vertices is blown up.
REACH = 20.0


#: Rows and columns of a part of a texture, and all of them.
Box = tuple[slice, slice]
WHOLE: Box = (slice(None), slice(None))


@dataclass(frozen=True)
class Texels:
    """Filled texels of a size x size texture, row by row.

    covered: (S,S) bool, the centre lies on a triangle. filled: (S,S) bool, with the rim.
    triangle: (n,) int32 and weights: (n,3) float32, planes in memory, for the n filled texels.
    """

    covered: np.ndarray
    filled: np.ndarray
    triangle: np.ndarray
    weights: np.ndarray

    def inside(self, box: Box) -> Texels:
        """Those of a part of the texture."""
        if box == WHOLE:
            return self
        chosen = np.zeros_like(self.filled)
        chosen[box] = self.filled[box]
        these = chosen[self.filled]
        return Texels(self.covered[box], self.filled[box], self.triangle[these], self.weights[these])

    def at(self, mesh: HeadMesh, per_vertex: np.ndarray, part: slice = slice(None)) -> np.ndarray:
        """(n,C) float32, planes in memory, of (N,C) values at vertices, best planes too, for a part of the texels."""
        corners = mesh.triangles.take(self.triangle[part], 0)
        first, second, third = (per_vertex.T.take(corners[:, k], 1) for k in range(3))
        a, b, c = self.weights[part].T
        found = first * a
        found += second * b
        found += third * c
        return found.astype(np.float32, copy=False).T

    def parts(self, count: int) -> Iterator[tuple[slice, slice]]:
        """Rows that hold about so many texels, and which of the texels these are, until all are named."""
        ends = np.concatenate([[0], np.cumsum(np.count_nonzero(self.filled, 1))])
        row = 0
        while row < len(self.filled):
            last = max(row + 1, int(np.searchsorted(ends, ends[row] + count, "right")) - 1)
            yield slice(row, last), slice(int(ends[row]), int(ends[last]))
            row = last


def find_texels(mesh: HeadMesh, size: int, order: Callable[[], np.ndarray] | None = None) -> Texels:
    """Rasterise a head into its UV map.

    Args:
        order: asked where faces overlap, (M,) numbers of which the lowest wins and infinite ones are not drawn.
    """
    corners = texel_corners(mesh.corner_uvs, size)
    depth = None
    if order is not None and drawn_twice(texel_corners(mesh.corner_uvs, 512), 512, 512) > 0:
        depth = np.repeat(order()[:, None], 3, 1)
        corners = np.where(np.isfinite(depth)[..., None], corners, np.nan)
    fragments = rasterize(corners, size, size, depth)
    covered = fragments.covered
    filled = cv2.dilate(covered.view(np.uint8), RIM).view(bool)
    rim = filled & ~covered
    row, column = np.nonzero(rim)
    if not len(row):
        return Texels(covered, covered, *fragments.at(np.flatnonzero(covered)))
    nearest, away = _nearest(covered, row, column)
    beside, copied = fragments.at(nearest)
    extended = _weights(corners[beside], column + 0.5, row + 0.5)
    places = mesh.corners(mesh.vertices)[beside]
    step = np.linalg.norm(np.einsum("nk,nkc->nc", extended - copied, places), axis=1) / away
    # further from its neighbour than 5 usual steps it comes from a sliver: it copies instead
    stray = ~((step <= 5.0 * np.median(step)) & (np.abs(extended).max(1) <= REACH))
    extended[stray] = copied[stray]
    drawn = covered[filled]
    triangle, weights = np.empty(len(drawn), np.int32), np.empty((3, len(drawn)), np.float32).T
    triangle[drawn], weights[drawn] = fragments.at(np.flatnonzero(covered))
    triangle[~drawn], weights[~drawn] = beside, extended
    return Texels(covered, filled, triangle, weights)


def _nearest(covered: np.ndarray, row: np.ndarray, column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(m,) the nearest (S,S) covered texel, row by row, to each of m of the rim, and (m,) how far it is, in texels."""
    height, width = covered.shape
    nearest, away = np.zeros(len(row), np.int64), np.zeros(len(row), np.float32)
    left = np.arange(len(row))
    for down, right in sorted(np.argwhere(RIM) - 2, key=lambda step: (step**2).sum())[1:]:
        y, x = row[left] + down, column[left] + right
        inside = (y >= 0) & (x >= 0) & (y < height) & (x < width)
        place = np.where(inside, y * width + x, 0)
        found = inside & covered.ravel()[place]
        nearest[left[found]], away[left[found]] = place[found], math.hypot(down, right)
        left = left[~found]
    return nearest, away


def _weights(corners: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(n,3) float32 barycentric weights of n points in the planes of n triangles (n,3,2), beyond 0..1 outside."""
    a, ab, ac = (corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    dx, dy = x - a[:, 0], y - a[:, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = 1 / (ab[:, 0].astype(np.float64) * ac[:, 1] - ac[:, 0].astype(np.float64) * ab[:, 1])
        b, c = (dx * ac[:, 1] - dy * ac[:, 0]) * inverse, (dy * ab[:, 0] - dx * ab[:, 1]) * inverse
    return np.stack([1 - b - c, b, c], 1).astype(np.float32)
