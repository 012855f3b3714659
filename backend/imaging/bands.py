"""Octave bands of a picture of which only a part counts."""

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np

#: A Gaussian of sigma pixels halves the amplitude of waves of sigma / HALF pixels; the most that a difference of two,
#: one twice as wide, leaves of a wave, at an octave's middle.
HALF, PEAK = 0.18739, 0.4725
#: Narrower Gaussians than this many pixels leave a picture as it is.
WHOLE = 0.3


def octaves(picture: np.ndarray, mask: np.ndarray, density: float, lows: Sequence[float]) -> Iterator[np.ndarray]:
    """For each of the lows (H,W,C) of a (H,W,C) picture: what lies about between it and twice as many waves per face
    height.

    Differences of Gaussians, taken twice, by normalised convolution (Knutsson and Westin 1993), so that nothing beside
    the mask comes in. Where pixels end, the last octave holds all that is finer.

    Args:
        mask: (H,W) 0..1. density: pixels per face height. lows: each twice the one before.
    """
    smoothed = averaging(mask)
    coarse = smoothed(picture, HALF * density / lows[0])
    for low in lows:
        reach = HALF * density / low
        fine = smoothed(picture, reach / 2)
        once = fine - coarse
        yield (smoothed(once, reach / 2) - smoothed(once, reach)) / PEAK**2
        coarse = fine


def smooth(picture: np.ndarray, mask: np.ndarray, sigma: float) -> np.ndarray:
    """(H,W,C) Gaussian mean of masked pixels: sum(G m I) / sum(G m); zero where none is near."""
    return averaging(mask)(picture, sigma)


def averaging(mask: np.ndarray) -> Callable[[np.ndarray, float], np.ndarray]:
    """smooth() of several pictures, (picture, sigma), below one mask: each sum(G m) is found once."""
    inside = mask.astype(np.float32)[..., None]
    known: dict[float, np.ndarray] = {}

    def smoothed(picture: np.ndarray, sigma: float) -> np.ndarray:
        if sigma < WHOLE:
            return picture * (inside > 0)
        if sigma not in known:
            weight = gaussian(inside[..., 0], sigma)[..., None]
            known[sigma] = (weight > 1e-3) / np.maximum(weight, np.float32(1e-3))
        total = gaussian((picture * inside).astype(np.float32, copy=False), sigma)
        return total.reshape(picture.shape) * known[sigma]

    return smoothed


def gaussian(picture: np.ndarray, sigma: float) -> np.ndarray:
    """(H,W) or (H,W,C) float32: cv2.GaussianBlur, a wide one on a smaller picture, which is off by up to 1/255 of a
    step's height and takes a twentieth of the time."""
    shrunk = int(sigma // 4)
    if shrunk < 2:
        return cv2.GaussianBlur(picture, (0, 0), sigma)
    height, width = picture.shape[:2]
    size = -(-width // shrunk), -(-height // shrunk)
    # making smaller and larger blurs as well: variances of 1/12 and 1/6 cells
    across, down = (np.sqrt((sigma * few / many) ** 2 - 0.25) for few, many in zip(size, (width, height), strict=True))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), across, sigmaY=down, borderType=cv2.BORDER_REFLECT)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def inner(mask: np.ndarray, pixels: float) -> np.ndarray:
    """(H,W) bool: further than that from everything beside the mask."""
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    return cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1] > pixels


def near(mask: np.ndarray, pixels: float) -> np.ndarray:
    """(H,W) bool: within that of the mask."""
    if not mask.any():
        return np.zeros(mask.shape, bool)
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5) <= pixels
