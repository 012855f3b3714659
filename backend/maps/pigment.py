"""Shading apart from pigment: moles, freckles and short hair are dark but lie flat.

Shading is one factor in all channels of linear light. Melanin and haemoglobin take less of red than of green and blue
(absorbances add, as in imaging/pigment.py), and dark hair on skin takes more of red. How colour goes with darkness
around a pixel therefore says what darkens it.
"""

from __future__ import annotations

import numpy as np

from ..imaging.bands import HALF, averaging
from ..imaging.sample import to_linear

#: Waves per face height from which relief is looked for: folds are up to 15 mm wide.
COARSEST = 12
#: Face heights around a pixel over which colour is compared with darkness: 1.5 mm.
AROUND = 0.008
#: Redness gained per darkness, in logarithms, from which and up to which darkness is pigment. From light to dark skin
#: (shared/data/detail) absorbances are 0.82, 1, 1.04: 0.21. Haemoglobin's is 0.9, black hair's on light skin -0.2.
SHADE, PIGMENT = 0.06, 0.15
#: Most that shading darkens or lightens, in logarithms: what is darker is a hole or no shading.
LIMIT = 0.2
#: Linear light below which a ratio is noise; darkness, in logarithms, that says nothing.
FLOOR, FAINT = 0.004, 0.01


def shading(srgb: np.ndarray, mask: np.ndarray, face_height: float) -> np.ndarray:
    """(H,W) float32: logarithm of how much lighter than its surroundings relief makes skin.

    Args:
        srgb: (H,W,3). mask: (H,W) 0..1, what of it is skin. face_height: pixels.
    """
    logs = np.log(np.maximum(to_linear(srgb), FLOOR))
    smoothed = averaging(mask)
    apart = logs - smoothed(logs, HALF * face_height / COARSEST)
    light = apart.mean(2)
    return (LIMIT * np.tanh(light * flatness(apart, smoothed, AROUND * face_height) / LIMIT) * mask).astype(np.float32)


def flatness(apart: np.ndarray, smoothed, reach: float) -> np.ndarray:
    """(H,W) 0..1: 0 where pigment darkens, 1 where shading does.

    Args:
        apart: (H,W,3) logarithms of linear light beside its surroundings. smoothed: bands.averaging() of the skin.
        reach: pixels.
    """
    dark = np.minimum(apart.mean(2), 0)  # what is lighter may be a highlight, which has no hue of the skin
    redder = apart[..., 0] - apart[..., 1:].mean(2)
    together = smoothed(np.stack([redder * dark, dark * dark], 2).astype(np.float32), reach)
    slope = -together[..., 0] / (together[..., 1] + FAINT**2)
    share = np.clip((np.abs(slope) - SHADE) / (PIGMENT - SHADE), 0, 1)
    return (1 - share) ** 2
