"""Triangles to pixels: which triangle covers each pixel's centre, and where in it.

One rasteriser serves the view of the head, the portrait's z-buffer, the atlas and the artist's UV map.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Candidate pixels handled at once: 2 M keep the working set near 200 MB.
CHUNK = 2_000_000


@dataclass(frozen=True)
class Fragments:
    """Coverage of an image of height H and width W.

    triangle: (H,W) int32, -1 where nothing is.
    barycentric: (H,W,3) float32, zero where nothing is.
    """

    triangle: np.ndarray
    barycentric: np.ndarray

    @property
    def covered(self) -> np.ndarray:
        return self.triangle >= 0

    def interpolate(self, corner_values: np.ndarray) -> np.ndarray:
        """(H,W,C) float32 from (M,3,C) values at triangle corners; zero where nothing is."""
        height, width = self.triangle.shape
        out = np.zeros((height, width, corner_values.shape[2]), np.float32)
        covered = self.covered
        values = corner_values[self.triangle[covered]]
        out[covered] = np.einsum("nk,nkc->nc", self.barycentric[covered], values)
        return out


def rasterize(corners: np.ndarray, width: int, height: int, depth: np.ndarray | None = None) -> Fragments:
    """Rasterise triangles given in pixels.

    Args:
        corners: (M,3,2) float, x to the right and y down; pixel centres lie at +0.5. Not finite means: not drawn.
        depth: (M,3) float, the smallest wins; linear in the picture. None: the last triangle wins.
    """
    corners = np.asarray(corners, np.float64)
    drawn = np.isfinite(corners).all((1, 2))
    low = np.floor(np.where(drawn[:, None], corners.min(1), 1) - 0.5).astype(np.int64)
    high = np.ceil(np.where(drawn[:, None], corners.max(1), 0) - 0.5).astype(np.int64)
    low, high = np.maximum(low, 0), np.minimum(high, (width - 1, height - 1))
    extent = np.where(drawn[:, None], np.maximum(high - low + 1, 0), 0)
    count = extent[:, 0] * extent[:, 1]

    triangle = np.full(width * height, -1, np.int32)
    barycentric = np.zeros((width * height, 3), np.float32)
    nearest = np.full(width * height, np.inf) if depth is not None else None
    ids = np.nonzero(count)[0]
    cuts = np.searchsorted(np.cumsum(count[ids]), np.arange(CHUNK, count.sum() + CHUNK, CHUNK), side="left")
    for chunk in np.split(ids, np.unique(np.minimum(cuts + 1, len(ids)))):
        if not len(chunk):
            continue
        number = count[chunk]
        owner = np.repeat(chunk, number)
        local = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
        x = low[owner, 0] + local % extent[owner, 0]
        y = low[owner, 1] + local // extent[owner, 0]
        weights = _barycentric(corners[chunk], np.repeat(np.arange(len(chunk)), number), x + 0.5, y + 0.5)
        inside = (weights >= -1e-6).all(1)
        owner, weights, pixel = owner[inside], weights[inside], (y * width + x)[inside]
        if depth is not None:
            z = (weights * depth[owner]).sum(1)
            np.minimum.at(nearest, pixel, z)
            front = z <= nearest[pixel]
            owner, weights, pixel = owner[front], weights[front], pixel[front]
        triangle[pixel] = owner
        barycentric[pixel] = weights
    return Fragments(triangle.reshape(height, width), barycentric.reshape(height, width, 3))


def _barycentric(corners: np.ndarray, owner: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(n,3) weights of the points in their triangles; -1 in degenerate ones."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    flat = np.abs(area) < 1e-12
    inverse = 1.0 / np.where(flat, 1.0, area)
    # w_b = x*bx + y*by + b0 and likewise for c: six numbers per triangle, gathered once per pixel
    bx, by = (c[:, 1] - a[:, 1]) * inverse, -(c[:, 0] - a[:, 0]) * inverse
    cx, cy = -(b[:, 1] - a[:, 1]) * inverse, (b[:, 0] - a[:, 0]) * inverse
    b0, c0 = -(a[:, 0] * bx + a[:, 1] * by), -(a[:, 0] * cx + a[:, 1] * cy)
    weight_b = x * bx[owner] + y * by[owner] + b0[owner]
    weight_c = x * cx[owner] + y * cy[owner] + c0[owner]
    weights = np.stack([1 - weight_b - weight_c, weight_b, weight_c], 1)
    weights[flat[owner]] = -1
    return weights


def rasterize_slowly(corners: np.ndarray, width: int, height: int, depth: np.ndarray | None = None) -> Fragments:
    """The readable twin of rasterize, one pixel at a time: the oracle of its tests."""
    triangle = np.full((height, width), -1, np.int32)
    barycentric = np.zeros((height, width, 3), np.float32)
    nearest = np.full((height, width), np.inf)
    for number, points in enumerate(np.asarray(corners, np.float64)):
        if not np.isfinite(points).all():
            continue
        system = np.vstack([points.T, np.ones(3)])
        if abs(np.linalg.det(system)) < 1e-12:
            continue
        for y in range(height):
            for x in range(width):
                weights = np.linalg.solve(system, (x + 0.5, y + 0.5, 1.0))
                if (weights < -1e-6).any():
                    continue
                z = 0.0 if depth is None else float(weights @ depth[number])
                if z <= nearest[y, x]:
                    nearest[y, x] = z if depth is not None else np.inf
                    triangle[y, x], barycentric[y, x] = number, weights
    return Fragments(triangle, barycentric)


def texel_corners(corner_uvs: np.ndarray, size: int) -> np.ndarray:
    """(M,3,2) pixels of a size x size texture with row 0 on top, from UVs with their origin at the lower left."""
    return np.stack([corner_uvs[..., 0] * size, (1.0 - corner_uvs[..., 1]) * size], -1)
