"""What the camera cannot explain: identity and expression, as a smooth shift in the picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.interpolate import RBFInterpolator

#: Cells of the shift's lattice across its square; spline smoothing in face heights (2 px of 300).
LATTICE, SMOOTHING = 96, 0.006
#: What the lattice's cells (8 px of a 300 px face) round off at pins is taken up in rounds, by bumps of so many cells.
ROUNDS, BUMP = 4, 1.5


@dataclass(frozen=True)
class ImageWarp:
    """A shift per place of the picture, sampled on a lattice.

    shift: (L,L,2) pixels. origin: (2,) pixel of the lattice's first point. step: pixels between points.
    """

    shift: np.ndarray
    origin: np.ndarray
    step: float

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """(…,2) float pixels, moved; bilinear, the border's value (zero) beyond the lattice."""
        flat = ((pixels.reshape(-1, 2) - self.origin) / self.step).astype(np.float32)
        out = np.empty_like(flat)
        rows = 30_000  # remap takes at most 32767 columns
        for i in range(0, len(flat), rows):
            part = flat[i : i + rows]
            out[i : i + rows] = cv2.remap(
                self.shift, part[None, :, 0], part[None, :, 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )[0]
        return pixels + out.reshape(pixels.shape)


def fit_warp(
    source: np.ndarray,
    target: np.ndarray,
    weights: np.ndarray,
    pinned: np.ndarray | None = None,
    firm: np.ndarray | None = None,
) -> ImageWarp:
    """The warp from projected to portrait landmarks; where pinned (n,) bool, it meets its target within a pixel.

    Args:
        firm: (n,) bool, landmarks that are no outliers however far they are off.
    """
    warp = _fit(source, target, weights, pinned, firm)
    if pinned is None or not pinned.any():
        return warp
    places, axis = source[pinned], np.arange(LATTICE) * warp.step
    grid = np.stack(np.meshgrid(warp.origin[0] + axis, warp.origin[1] + axis), -1)

    def reach(points: np.ndarray) -> np.ndarray:
        squared = ((points[..., None, :] - places) ** 2).sum(-1)
        return np.exp(-squared / (2 * (BUMP * warp.step) ** 2))

    kernel, spread = reach(places) + 1e-3 * np.eye(len(places)), reach(grid)
    for _ in range(ROUNDS):
        left = np.linalg.solve(kernel, target[pinned] - warp(places))
        warp = ImageWarp((warp.shift + spread @ left).astype(np.float32), warp.origin, warp.step)
    return warp


def _fit(
    source: np.ndarray, target: np.ndarray, weights: np.ndarray, pinned: np.ndarray | None, firm: np.ndarray | None
) -> ImageWarp:
    """A thin-plate spline from projected to portrait landmarks, fading to nothing outside the face.

    Args:
        source, target: (n,2) pixels. weights: (n,) 0..1; those under 0.05 are left out, residuals beyond three
            times the median are outliers and left out too; pinned ones stay.
    """
    pinned = np.zeros(len(source), bool) if pinned is None else pinned
    low, high = target.min(0), target.max(0)
    middle, radius = (low + high) / 2, float((high - low).max()) / 2
    residual = target - source
    length = np.linalg.norm(residual - np.median(residual, axis=0), axis=1)
    kept = (weights > 0.05) & (length < 3 * max(float(np.median(length[weights > 0.05])), 0.01 * radius))
    kept |= pinned if firm is None else pinned | firm
    step = 5.2 * radius / (LATTICE - 1)
    origin = middle - step * (LATTICE - 1) / 2
    if kept.sum() < 8 and not pinned.any():
        return ImageWarp(np.zeros((LATTICE, LATTICE, 2), np.float32), origin, step)
    ring = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    anchors = middle + 2.3 * radius * np.stack([np.cos(ring), np.sin(ring)], 1)
    points = np.concatenate([source[kept], anchors]) / radius
    values = np.concatenate([residual[kept], np.zeros_like(anchors)])
    loose = (SMOOTHING * 2) ** 2 * 10
    smoothing = np.concatenate(
        [np.where(pinned, 1e-9, loose / np.maximum(weights, 1e-3))[kept], np.full(len(anchors), loose)]
    )
    _, unique = np.unique(points.round(6), axis=0, return_index=True)
    spline = RBFInterpolator(points[unique], values[unique], kernel="thin_plate_spline", smoothing=smoothing[unique])
    axis = np.arange(LATTICE) * step
    grid = np.stack(np.meshgrid(origin[0] + axis, origin[1] + axis), -1)
    shift = spline(grid.reshape(-1, 2) / radius).reshape(LATTICE, LATTICE, 2)
    away = np.linalg.norm(grid - middle, axis=2) / radius
    fade = np.clip((2.4 - away) / 1.0, 0, 1)
    fade = fade * fade * (3 - 2 * fade)
    return ImageWarp((shift * fade[..., None]).astype(np.float32), origin, step)
