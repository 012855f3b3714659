"""Fine detail of the atlas as stage 3 paints it: what is finer than REACH, in units of what is usual at each place.

Pictures are (H,W,C) float32, masks (H,W,1).
"""

import cv2
import numpy as np

from .noise import sum_octaves

#: Standard deviation of the bell curve that parts fine from coarse, texels; waves of 16 texels keep half their power.
REACH = 3.0
#: How the channels of detail go together, a factor of their covariance; and its octaves, standard deviations of noise
#: at 256, 128 and 64 places per side. Both of what photographed people's completions lack.
CHANNELS = np.float32([[1.01, 0.0, 0.0], [0.88, 0.42, 0.0], [0.76, 0.47, 0.31]])
NOISE = (0.53, 1.12, 1.0)
#: Confidence from which a texel's detail begins to count as visible, and is so wholly.
FROM, SURE = 0.15, 0.5
#: Deviations of the bell curves between the octaves whose strength is given, texels.
OCTAVES = (0.8, 1.6)
#: Texels per side of a cell in which strength is given, its reach in cells, and the weight of all cells and of nothing.
CELL, NEAR, FAR, NOTHING = 8, 2.5, 0.05, 1e-3


def how_sure(confidence: np.ndarray) -> np.ndarray:
    """(H,W,1) 0..1, how far a texel's detail is taken from the portrait."""
    return np.clip((confidence - FROM) / (SURE - FROM), 0, 1)


def blurred(picture: np.ndarray, reach: float) -> np.ndarray:
    """(H,W,C) under a bell curve of so many texels; wraps sideways, as the atlas does."""
    half = int(3 * reach + 0.5)
    bell = cv2.getGaussianKernel(2 * half + 1, reach, cv2.CV_32F)
    wide = cv2.copyMakeBorder(picture, 0, 0, half, half, cv2.BORDER_WRAP)
    soft = cv2.sepFilter2D(wide, -1, bell, bell, borderType=cv2.BORDER_REPLICATE)[:, half:-half]
    return soft.reshape(picture.shape)


def fine(picture: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(H,W,C) without what is coarser than REACH, averaged by (H,W,1) weights; 0 where they are."""
    coarse = blurred(picture * weight, REACH) / (blurred(weight, REACH) + 1e-3)
    return (picture - coarse) * (weight > 0)


def to_units(detail: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """(H,W,3) of sRGB detail, channels apart, in units of (H,W,1) what is usual."""
    return detail / usual @ np.linalg.inv(CHANNELS).T


def from_units(units: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """The way back: (H,W,3) sRGB detail."""
    return units @ CHANNELS.T * usual


def noised(clean: np.ndarray, kept: float, random: np.random.Generator) -> np.ndarray:
    """(H,W,3) clean detail with noise of its own octaves, so that what the denoiser leaves of it is as coarse as detail
    is; kept: the share of its variance that is left. H and W are multiples of 4."""
    return np.sqrt(kept) * clean + np.sqrt(1 - kept) * sum_octaves(clean.shape, NOISE, random)


def octaves(units: np.ndarray) -> list[np.ndarray]:
    """(H,W,C) in three octaves, whose sum it is; the finest first."""
    bands, last = [], units
    for reach in OCTAVES:
        coarser = blurred(units, reach)
        bands.append(last - coarser)
        last = coarser
    return [*bands, last]


def strength(units: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """(H,W,3) logarithms of how strong detail is in three octaves, near each place or wherever it is visible.

    Args:
        units: (H,W,3), of which the first channel is looked at. sure: (H,W,1); where nothing is, 0 is said.
    """
    height, width = sure.shape[:2]

    def spread(values: np.ndarray) -> np.ndarray:
        cells = cv2.resize(values, (width // CELL, height // CELL), interpolation=cv2.INTER_AREA)
        return blurred(cells, NEAR) + FAR * cells.mean((0, 1))

    energy = spread(np.concatenate(octaves(units[..., :1] * sure), 2) ** 2)
    energy = (energy + NOTHING / 3) / (spread(sure)[..., None] + NOTHING)
    return cv2.resize(0.5 * np.log(3 * energy + 1e-4), (width, height), interpolation=cv2.INTER_LINEAR)


#: Channels of conditions().
CONDITIONS = 3 + 3 + 3 + 1 + 3 + 1 + 3 + 3


def conditions(
    start: np.ndarray, visible: np.ndarray, sure: np.ndarray, geometry: np.ndarray, usual: np.ndarray
) -> np.ndarray:
    """(S,S,CONDITIONS) what the denoiser is given.

    Args:
        start: (S,S,3) sRGB, the completion. visible: (S,S,3) in units, the detail that it lacks where it is visible;
            sure: (S,S,1). geometry: (S,S,3) canonical places.
    """
    own = to_units(fine(start, np.ones_like(sure)), usual)
    shown = visible * sure
    strong = strength(to_units(fine(start, sure), usual) + visible, sure)
    parts = (start - 0.5, own, shown, sure, shown[:, ::-1], sure[:, ::-1], strong, geometry)
    return np.concatenate(parts, 2).astype(np.float32)
