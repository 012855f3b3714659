"""Age, fine wrinkles and pores: bands of absorbance finer than features, weakened, strengthened or borrowed."""

from __future__ import annotations

import cv2
import numpy as np

from .sources import Sources, fine_band

#: Borrowed wrinkles are absorbance; beyond this they are moles, hair or eyes of the skin they come from.
DEEPEST = 0.22


def low_band(value: np.ndarray, reach: float) -> np.ndarray:
    """(S,S,C) blurred by a share of the atlas: a quarter of the texels is enough for it."""
    size = value.shape[0]
    small = cv2.resize(value, (size // 4, size // 4), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), max(reach * size / 4, 0.5))
    return cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR)


def age(sources: Sources, value: np.ndarray, recipe: dict) -> np.ndarray:
    """(S,S,3) absorbance with its own fine bands scaled, another skin's wrinkles added, and pores.

    Args:
        recipe: own: factor of the own bands; wrinkles: {skin, gain} or empty; pores: {source, gain, x, y} or empty.
    """
    regions = sources.regions
    skin = 1 - np.maximum.reduce([regions["scalp"], regions["openings"], regions["brow"], regions["lips"]])[..., None]
    change = (recipe["own"] - 1) * fine_band(value) * skin
    if recipe["wrinkles"]:
        wrinkles = recipe["wrinkles"]
        band = np.clip(fine_band(sources.absorbance(wrinkles["skin"])), -DEEPEST, DEEPEST)
        spared = np.maximum.reduce([regions["eyes"], regions["brows"], regions["mouth"], regions["beard"] * 0.6])
        change = change + wrinkles["gain"] * band * skin * (1 - spared[..., None])
    if recipe["pores"]:
        pores = recipe["pores"]
        change = change + pores["gain"] * tiled(sources.pores[pores["source"]], sources.size, pores) * skin
    return value + change


def tiled(band: np.ndarray, size: int, place: dict) -> np.ndarray:
    """(S,S,3) of a patch (h,w,3), mirrored at its borders, from a place x, y in 0..1 on."""
    height, width = band.shape[:2]
    rows = mirrored_index(size, height, int(place["y"] * height))
    columns = mirrored_index(size, width, int(place["x"] * width))
    return band[rows[:, None], columns]


def mirrored_index(count: int, period: int, first: int) -> np.ndarray:
    index = (np.arange(count) + first) % (2 * period)
    return np.minimum(index, 2 * period - 1 - index)
