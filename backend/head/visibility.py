"""Which points of the head the portrait shows, and how well."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .rasterize import rasterize

#: Cosines between surface normal and view where confidence begins and is full; below 0.2 a texel is a smear.
GRAZING, FRONTAL = 0.22, 0.62
#: Longest side of the z-buffer in pixels.
BUFFER = 900


@dataclass(frozen=True)
class DepthView:
    """A z-buffer of the registered head over the portrait.

    depth: (h,w) float32, inf where the head is not. edge: (h,w) float32, buffer pixels to the nearest occlusion edge.
    scale: buffer pixels per portrait pixel. tolerance: mesh units.
    """

    depth: np.ndarray
    edge: np.ndarray
    scale: float
    tolerance: float

    def visible(self, pixels: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """(…,) float32 0..1 for points at (…,2) portrait pixels and (…,) depth: seen, and clear of occlusion edges."""
        place = (pixels * self.scale - 0.5).astype(np.float32)
        shape = place.shape[:-1]
        place = np.atleast_2d(place.reshape(-1, 2))
        x, y = np.rint(place[:, 0]).astype(int), np.rint(place[:, 1]).astype(int)
        height, width = self.depth.shape
        inside = (x >= 1) & (y >= 1) & (x < width - 1) & (y < height - 1)
        x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
        nearest = self.depth[y, x]
        seen = inside & (depth.reshape(-1) <= nearest + self.tolerance)
        return (seen * np.clip((self.edge[y, x] - 1.0) / 4.0, 0, 1)).astype(np.float32).reshape(shape)


def depth_view(corner_pixels: np.ndarray, corner_depth: np.ndarray, width: int, height: int, size: float) -> DepthView:
    """Rasterise the head as the portrait sees it.

    Args:
        corner_pixels: (M,3,2) portrait pixels, registered and warped. corner_depth: (M,3) along the view axis.
        size: the head's extent in mesh units, sets the depth tolerance.
    """
    scale = min(1.0, BUFFER / max(width, height))
    w, h = max(8, int(width * scale)), max(8, int(height * scale))
    fragments = rasterize(corner_pixels * scale, w, h, depth=corner_depth)
    covered = fragments.covered
    depth = np.full((h, w), np.inf, np.float32)
    depth[covered] = np.einsum(
        "nk,nk->n", fragments.barycentric[covered], corner_depth[fragments.triangle[covered]].astype(np.float32),
    )
    finite = np.where(covered, depth, depth[covered].max() + size if covered.any() else 0).astype(np.float32)
    kernel = np.ones((3, 3), np.uint8)
    jump = cv2.dilate(finite, kernel) - cv2.erode(finite, kernel) > 0.035 * size
    # the head's cut (neck) and the picture's border are no occlusion edges, silhouettes are
    edge = cv2.distanceTransform((~jump).astype(np.uint8), cv2.DIST_L2, 3)
    return DepthView(depth, edge * 1000.0 / max(w, h) / 1.1, scale, 0.012 * size)


def facing(points: np.ndarray, normals: np.ndarray, eye: np.ndarray) -> np.ndarray:
    """(…,) cosine between the (…,3) normals and the direction to the camera at eye (3,)."""
    towards = eye - points
    towards /= np.maximum(np.linalg.norm(towards, axis=-1, keepdims=True), 1e-12)
    length = np.maximum(np.linalg.norm(normals, axis=-1), 1e-12)
    return np.einsum("...c,...c->...", normals, towards) / length


def grazing_confidence(cosine: np.ndarray) -> np.ndarray:
    """Smooth 0..1 between GRAZING and FRONTAL."""
    ramp = np.clip((cosine - GRAZING) / (FRONTAL - GRAZING), 0, 1)
    return (ramp * ramp * (3 - 2 * ramp)).astype(np.float32)
