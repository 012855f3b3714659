"""Noise that looks like what it hides: as strong in every octave as the residuals that stage 1 learns.

White noise drowns only what is fine; what is coarse would be decided in the first step, and seeds would differ in grain
alone (multi-resolution noise: Whitaker 2023; coloured noise for diffusion: Huang et al., arXiv 2402.04930). NumPy's
generator draws it, so that a seed is the same everywhere.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from .conditions import SCALE
from .sizes import TEXELS

#: Standard deviation of the noise at 256, 128, ... 4 places per side, sRGB, and how its channels go together: between
#: the residuals of people (0.021, 0.050, 0.067, 0.068, 0.040, 0.043, 0.059) and of painted skins, larger where coarse.
OCTAVES = (0.023, 0.033, 0.038, 0.054, 0.037, 0.057, 0.106)
CHANNELS = np.float32([[1.20, 0.0, 0.0], [0.90, 0.31, 0.0], [0.70, 0.34, 0.25]])


def draw_noise(random: np.random.Generator, octaves: Sequence[float] = OCTAVES) -> np.ndarray:
    """(TEXELS,TEXELS,3) in units of SCALE."""
    deviations = [deviation / SCALE for deviation in octaves]
    return sum_octaves((TEXELS, TEXELS, 3), deviations, random) @ CHANNELS.T


def sum_octaves(shape: tuple[int, int, int], deviations: Sequence[float], random: np.random.Generator) -> np.ndarray:
    """(H,W,C) float32: white noise at each number of places per side, fine ones first in deviations."""
    height, width, channels = shape
    made = None
    for octave in reversed(range(len(deviations))):
        drawn = random.standard_normal((height >> octave, width >> octave, channels), np.float32)
        drawn *= np.float32(deviations[octave])
        made = drawn if made is None else doubled(made) + drawn
    return made


def doubled(picture: np.ndarray) -> np.ndarray:
    """(2H,2W,C) of (H,W,C); around the head there is no border."""
    wide = cv2.copyMakeBorder(picture, 0, 0, 1, 1, cv2.BORDER_WRAP)
    return cv2.resize(wide, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)[:, 2:-2]
