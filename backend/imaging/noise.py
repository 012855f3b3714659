"""Seeded noise that the painters share: fields, strands of hair, grain of paper."""

import cv2
import numpy as np

#: Noise of more texels than COARSE is made of FINE ones and enlarged: the same strokes at 1K and at 4K, and faster.
COARSE, FINE = 2.5, 1.2


def field(seed: int, size: int, cells: float, shape: tuple[int, int] | None = None) -> np.ndarray:
    """(S,S), or shape, float32 smooth noise of about so many cells per size, standard deviation about 1."""
    height, width = shape or (size, size)
    count = max(2, round(cells * height / size)), max(2, round(cells * width / size))
    coarse = np.random.default_rng(seed).standard_normal(count, np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def grain(seed: int, size: int | tuple[int, int], sigma: float) -> np.ndarray:
    """(S,S), or size as a shape, float32 noise blurred by sigma texels, standard deviation 1."""
    rows, columns = both(size)
    if sigma > COARSE:
        return enlarge(grain(seed, coarser(rows, columns, FINE / sigma), FINE), rows, columns)
    noise = np.random.default_rng(seed).standard_normal((rows, columns), np.float32)
    if sigma > 0.2:
        noise = cv2.GaussianBlur(noise, (0, 0), sigma)
    return noise / max(float(noise.std()), 1e-6)


def strands(seed: int, size: int | tuple[int, int], width: float, length: float, degrees: float = 90.0) -> np.ndarray:
    """(S,S), or size as a shape, float32 streaks of standard deviation 1, width and length in texels, 90 degrees is
    upright."""
    rows, columns = both(size)
    if width > COARSE:
        small = coarser(rows, columns, FINE / width)
        return enlarge(strands(seed, small, FINE, length * FINE / width, degrees), rows, columns)
    diagonal = int(max(rows, columns) * 1.45) if degrees % 90 else max(rows, columns)
    noise = np.random.default_rng(seed).standard_normal((diagonal, diagonal), np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), sigmaX=max(length, 0.3), sigmaY=max(width, 0.3))
    if degrees % 180 == 90:
        noise = np.ascontiguousarray(noise.T)
    elif degrees % 180:
        turn = cv2.getRotationMatrix2D((diagonal / 2, diagonal / 2), degrees, 1.0)
        turn[:, 2] -= (diagonal - columns) / 2, (diagonal - rows) / 2
        noise = cv2.warpAffine(noise, turn, (columns, rows), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    noise = noise[:rows, :columns]
    return noise / max(float(noise.std()), 1e-6)


def both(size: int | tuple[int, int]) -> tuple[int, int]:
    """(height, width) of a side or a shape."""
    return size if isinstance(size, tuple) else (size, size)


def coarser(rows: int, columns: int, scale: float) -> tuple[int, int]:
    return round(rows * scale), round(columns * scale)


def enlarge(noise: np.ndarray, rows: int, columns: int) -> np.ndarray:
    return cv2.resize(noise, (columns, rows), interpolation=cv2.INTER_CUBIC)


def soft_step(value: np.ndarray, low: float, high: float) -> np.ndarray:
    """Smooth 0..1 between low and high (Hermite)."""
    ramp = np.clip((value - low) / (high - low), 0, 1)
    return ramp * ramp * (3 - 2 * ramp)
