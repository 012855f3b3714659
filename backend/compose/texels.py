"""The texels that a head fills in its UV map, and a rim around them, each tied to a place on the surface.

A renderer mixes neighbouring texels, so at an island's border it also reads texels whose centre lies outside. Those
of the rim hold what the surface would go on to show: the triangle beside them, extended. A copy of the nearest texel
instead would shift the colour by half a texel, and the two sides of a seam would not meet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from ..head.mesh import HeadMesh
from ..head.rasterize import drawn_twice, rasterize, texel_corners

#: Sizes of its triangle that a texel is extended by at most: further, what differs between vertices is blown up.
REACH = 20.0


#: Rows and columns of a part of a texture, and all of them.
Box = tuple[slice, slice]
WHOLE: Box = (slice(None), slice(None))


@dataclass(frozen=True)
class Texels:
    """Filled texels of a size x size texture, row by row.

    covered: (S,S) bool, the centre lies on a triangle. filled: (S,S) bool, with the rim.
    triangle: (n,) int32 and weights: (n,3) float32 for the n filled texels.
    """

    covered: np.ndarray
    filled: np.ndarray
    triangle: np.ndarray
    weights: np.ndarray

    def inside(self, box: Box) -> Texels:
        """Those of a part of the texture."""
        chosen = np.zeros_like(self.filled)
        chosen[box] = self.filled[box]
        these = chosen[self.filled]
        return Texels(self.covered[box], self.filled[box], self.triangle[these], self.weights[these])

    def at(self, mesh: HeadMesh, per_vertex: np.ndarray, part: slice = slice(None)) -> np.ndarray:
        """(n,C) float32 of (N,C) values at vertices, for a part of the texels."""
        corners = mesh.triangles[self.triangle[part]]
        a, b, c = (per_vertex[corners[:, k]] * self.weights[part, k, None] for k in range(3))
        a += b
        a += c
        return a.astype(np.float32, copy=False)


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
    covered, triangle, weights = fragments.covered, fragments.triangle, fragments.barycentric
    if covered.all() or not covered.any():
        return Texels(covered, covered, triangle[covered], weights[covered])
    away, labels = cv2.distanceTransformWithLabels(
        (~covered).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    rim = (away > 0) & (away <= 2.3)  # what bilinear lookup and the first mip level reach
    owner = np.zeros(labels.max() + 1, np.int64)
    owner[labels[covered]] = np.flatnonzero(covered)
    nearest = owner[labels[rim]]
    beside, copied = triangle.ravel()[nearest], weights.reshape(-1, 3)[nearest]
    row, column = np.nonzero(rim)
    extended = _weights(corners[beside], column + 0.5, row + 0.5)
    places = mesh.corners(mesh.vertices)[beside]
    step = np.linalg.norm(np.einsum("nk,nkc->nc", extended - copied, places), axis=1) / away[rim]
    # further from its neighbour than 5 usual steps it comes from a sliver: it copies instead
    stray = ~((step <= 5.0 * np.median(step)) & (np.abs(extended).max(1) <= REACH))
    extended[stray] = copied[stray]
    filled = covered | rim
    triangle[rim], weights[rim] = beside, extended
    return Texels(covered, filled, triangle[filled], weights[filled])


def _weights(corners: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(n,3) float32 barycentric weights of n points in the planes of n triangles (n,3,2), beyond 0..1 outside."""
    a, ab, ac = (corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    dx, dy = x - a[:, 0], y - a[:, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = 1 / (ab[:, 0].astype(np.float64) * ac[:, 1] - ac[:, 0].astype(np.float64) * ab[:, 1])
        b, c = (dx * ac[:, 1] - dy * ac[:, 0]) * inverse, (dy * ab[:, 0] - dx * ab[:, 1]) * inverse
    return np.stack([1 - b - c, b, c], 1).astype(np.float32)
