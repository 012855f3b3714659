"""Sharpness across the border of photographed and made-up skin: power by octave and by distance from the border."""

from __future__ import annotations

import cv2
import numpy as np

from ...imaging.bands import octaves
from ...imaging.sample import LUMINANCE

#: Waves per face height where octaves begin; face heights from the border, made-up skin positive, between which power
#: is averaged.
LOWS, DISTANCES = (16, 32, 64), (-0.12, -0.06, -0.03, -0.015, 0, 0.015, 0.03, 0.06, 0.12, 0.24)
#: Pixels that a cell needs; power that counts as none: a quarter of a step of 8 bits.
ENOUGH, UNSEEN = 100, (0.25 / 255) ** 2


def power_by_distance(
    shown: np.ndarray, made: np.ndarray, skin: np.ndarray, photo: np.ndarray, density: float
) -> np.ndarray:
    """(b,d) dB of luminance of a texture with an occluded part over the same texels where nothing was occluded; nan
    where too few texels are.

    Args:
        shown, made: (S,S,3) sRGB. skin: (S,S) bool, bare skin that is photographed in the first. photo: (S,S) bool,
            texels that are photographed in the second. density: texels per face height.
    """
    kernel = (cv2.DIST_L2, 5)
    inside, outside = (cv2.distanceTransform(part.astype(np.uint8), *kernel) for part in (photo, ~photo))
    cells = np.digitize((outside - inside) / density, DISTANCES) - 1
    both = np.stack([made @ LUMINANCE, shown @ LUMINANCE], -1).astype(np.float32)
    lows = [low for low in LOWS if 4 * low <= density]
    found = np.full((len(LOWS), len(DISTANCES) - 1), np.nan)
    for row, band in zip(found, octaves(both, skin.astype(np.float32), density, lows), strict=False):
        for cell in range(len(row)):
            here = skin & (cells == cell)
            if here.sum() >= ENOUGH:
                own, theirs = np.maximum((band[here] ** 2).mean(0), UNSEEN)
                row[cell] = 10 * np.log10(own / theirs)
    return found
