"""Shading apart from pigment: moles, freckles and short hair are dark but lie flat.

Shading is one factor in all channels of linear light. Melanin and haemoglobin take less of red than of green and blue
(absorbances add, as in imaging/pigment.py), and dark hair on light skin takes more of red. Light that skin scatters
into its own shade is red as well, so hue alone takes a real face's wrinkles for pigment: what is as red, as dark and
round is pigment, and what is drawn out into lines is shade.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from ..imaging.bands import HALF, averaging
from ..imaging.sample import to_linear

#: Waves per face height from which relief is looked for: folds are up to 11 mm wide, and what is broader is light.
COARSEST = 16
#: What counts of shading without direction: besides pores it is mottle, gloss and noise, which all of it turns into
#: leather in light from the side.
GRAIN = 0.3
#: Most that shading darkens or lightens, in logarithms: what is darker is a hole or no shading.
LIMIT = 0.2
#: Linear light below which a ratio is noise: 13 of 255.
LEAST = 0.004
#: What bands.averaging() gives.
Smoothed: TypeAlias = Callable[[np.ndarray, float], np.ndarray]


def shading(
    srgb: np.ndarray, mask: np.ndarray, face_height: float, coarsest: float = COARSEST, spots: bool = True
) -> np.ndarray:
    """(H,W) float32: logarithm of how much lighter than its surroundings relief makes skin.

    Args:
        srgb: (H,W,3). mask: (H,W) 0..1, what of it is skin. face_height: pixels. coarsest: waves per face
            height. spots: there may be some.
    """
    linear = to_linear(srgb)
    logs = np.log(np.maximum(linear, LEAST))
    smoothed = averaging(mask)
    reach = HALF * face_height / coarsest
    apart = logs - smoothed(logs, reach)
    apart -= smoothed(apart, reach)  # twice: in a height, broad waves of shading count most
    light = apart.mean(2)
    if spots:
        light = light * relief_share(apart, linear, smoothed, face_height)
    return (LIMIT * np.tanh(light / LIMIT) * mask).astype(np.float32)


def relief_share(apart: np.ndarray, linear: np.ndarray, smoothed: Smoothed, face_height: float) -> np.ndarray:
    """(H,W) 0..1: how much of the darkness is shading: 0 in spots of pigment, 1 in lines.

    Args:
        apart: (H,W,3) logarithms of linear light beside its surroundings. linear: (H,W,3) that light. smoothed:
            bands.averaging() of the skin. face_height: pixels.
    """
    # 0.5 mm: noise is stronger in skin's dark channels, and would pass for pigment
    apart = smoothed(apart, 0.0028 * face_height)
    light = apart.mean(2)
    dark = np.minimum(light, 0)  # what is lighter may be a highlight, which has no hue of the skin
    # dark skin's blue is a few steps of 255, or none: each counts as bright as it is
    near = smoothed(linear, 0.012 * face_height)
    known = np.maximum(near[..., 1:] - LEAST, 0)
    redder = apart[..., 0] - (apart[..., 1:] * known).sum(2) / np.maximum(known.sum(2), 1e-6)
    burnt = ramp(
        near[..., 0], 0.9, 1.0
    )  # red that is burnt out tells nothing: what is round there is taken for pigment
    down, across = np.gradient(light)
    parts = (redder * dark, dark * dark, across * across, across * down, down * down)
    around = smoothed(np.stack(parts, 2).astype(np.float32), 0.012 * face_height)  # 2.2 mm
    together, darkness, a, b, c = np.moveaxis(around, 2, 0)
    red = np.abs(together) / (darkness + 0.01**2)
    line = ramp(np.hypot(a - c, 2 * b) / np.maximum(a + c, 1e-12), 0.45, 0.75)  # coherent
    # Redness gained per darkness: from light to dark skin absorbances are 0.82, 1, 1.04, which is 0.21; haemoglobin's
    # is 0.9, black hair's on light skin -0.2. Deviation of the darkness: pores have 0.02 to 0.03.
    spot = np.maximum(ramp(red, 0.06, 0.15), burnt) * (1 - line) * ramp(np.sqrt(darkness), 0.03, 0.07)
    return (1 - spot) * (GRAIN + (1 - GRAIN) * line)


def ramp(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.clip((values - low) / (high - low), 0, 1)
