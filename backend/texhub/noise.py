"""Seeded noise that the painters share: fields, strands of hair, grain of paper."""

from __future__ import annotations

import cv2
import numpy as np


def field(seed: int, size: int, cells: float) -> np.ndarray:
    """(S,S) float32 smooth noise of about so many cells per side, standard deviation about 1."""
    count = max(2, round(cells))
    coarse = np.random.default_rng(seed).standard_normal((count, count), np.float32)
    return cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)


def grain(seed: int, size: int, sigma: float) -> np.ndarray:
    """(S,S) float32 noise blurred by sigma texels, standard deviation 1."""
    noise = np.random.default_rng(seed).standard_normal((size, size), np.float32)
    if sigma > 0.2:
        noise = cv2.GaussianBlur(noise, (0, 0), sigma)
    return noise / max(float(noise.std()), 1e-6)


def strands(seed: int, size: int, width: float, length: float, degrees: float = 90.0) -> np.ndarray:
    """(S,S) float32 streaks of standard deviation 1, width and length in texels, 90 degrees is upright."""
    diagonal = int(size * 1.45) if degrees % 90 else size
    noise = np.random.default_rng(seed).standard_normal((diagonal, diagonal), np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), sigmaX=max(length, 0.3), sigmaY=max(width, 0.3))
    if degrees % 180 == 90:
        noise = np.ascontiguousarray(noise.T)
    elif degrees % 180:
        turn = cv2.getRotationMatrix2D((diagonal / 2, diagonal / 2), degrees, 1.0)
        turn[:, 2] -= (diagonal - size) / 2
        noise = cv2.warpAffine(noise, turn, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    noise = noise[:size, :size]
    return noise / max(float(noise.std()), 1e-6)


def soft_step(value: np.ndarray, low: float, high: float) -> np.ndarray:
    """Smooth 0..1 between low and high (Hermite)."""
    ramp = np.clip((value - low) / (high - low), 0, 1)
    return ramp * ramp * (3 - 2 * ramp)
