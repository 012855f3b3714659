"""Painted hair: on the scalp down to a hair line, stubble, beard and moustache, as strands of one colour."""

from __future__ import annotations

import cv2
import numpy as np

from ...head.facial_regions import FacialRegions, scalp
from ...imaging.noise import field, grain, soft_step, strands
from ...imaging.pigment import absorbance

#: Hair colours, sRGB, and how often: what grows, and what is dyed.
GROWN = {
    "black": (0.055, 0.045, 0.045),
    "dark brown": (0.13, 0.085, 0.065),
    "brown": (0.25, 0.165, 0.11),
    "auburn": (0.34, 0.16, 0.085),
    "blond": (0.66, 0.52, 0.33),
    "grey": (0.52, 0.51, 0.49),
    "white": (0.82, 0.80, 0.77),
}
OFTEN = (0.28, 0.22, 0.18, 0.07, 0.12, 0.09, 0.04)
DYED = ((0.75, 0.25, 0.45), (0.20, 0.35, 0.70), (0.25, 0.55, 0.35), (0.50, 0.25, 0.60), (0.80, 0.15, 0.12))


def strand_colour(
    size: int, colour: list[float], seed: int, contrast: float, degrees: float = 90.0, length: float = 1.0
) -> np.ndarray:
    """(S,S,3) absorbance of combed hair: fine strands on broader locks."""
    unit = size / 256
    fine = strands(seed, size, 0.55 * unit, 7 * length * unit, degrees)
    locks = strands(seed + 1, size, 2.2 * unit, 18 * length * unit, degrees)
    return absorbance(np.float32(colour)) + contrast * (0.6 * fine + 0.5 * locks)[..., None]


def hair_line(regions: FacialRegions, recipe: dict) -> np.ndarray:
    """(S,S) 0..1 cover of the scalp. recipe: lift: canonical height above the usual line (bald: high); recede: at the
    temples; ragged; wave; seed; cover."""
    size = regions.size
    x = regions.canonical[..., 0]
    rough = recipe["ragged"] * strands(recipe["seed"] + 2, size, 0.9 * size / 256, 5 * size / 256)
    wave = recipe["wave"] * field(recipe["seed"] + 3, size, 7)
    temples = recipe["recede"] * np.exp(-(((np.abs(x) - 0.24) / 0.09) ** 2))
    lowered = regions.canonical.copy()
    lowered[..., 1] -= recipe["lift"] + temples + rough + wave
    return np.clip(scalp(lowered) * recipe["cover"], 0, 1)


def hair(regions: FacialRegions, value: np.ndarray, recipe: dict) -> np.ndarray:
    """(S,S,3) absorbance with hair painted on. recipe: as hair_line(), and colour, contrast, degrees."""
    cover = hair_line(regions, recipe)
    paint = strand_colour(regions.size, recipe["colour"], recipe["seed"], recipe["contrast"], recipe["degrees"])
    return value + cover[..., None] * (paint - value)


def stubble(regions: FacialRegions, value: np.ndarray, recipe: dict) -> np.ndarray:
    """Dots of short hair, and the shade of what grows below the skin. recipe: gain, shade, seed."""
    area = beard_area(regions, {"shape": "full", "seed": recipe["seed"], "ragged": 0.15})
    area = cv2.GaussianBlur(area, (0, 0), 0.02 * regions.size) * (1 - regions["lips"])  # no edge where it thins out
    dots = np.clip(grain(recipe["seed"], regions.size, 0.45 * regions.size / 256), 0, 2.5)
    return value + area[..., None] * (recipe["shade"] + recipe["gain"] * dots)[..., None] * np.float32([1.05, 1.0, 0.9])


def beard(regions: FacialRegions, value: np.ndarray, recipe: dict) -> np.ndarray:
    """recipe: shape: full, goatee or moustache; colour, contrast, cover, ragged, seed."""
    size = regions.size
    cover = beard_area(regions, recipe)
    thin = np.clip(0.85 + 0.2 * strands(recipe["seed"] + 4, size, 0.5 * size / 256, 2.5 * size / 256, 80), 0, 1)
    cover = cover * recipe["cover"] * thin
    paint = strand_colour(size, recipe["colour"], recipe["seed"], recipe["contrast"], 80, 0.5)
    return value + cover[..., None] * (paint - value)


def beard_area(regions: FacialRegions, recipe: dict) -> np.ndarray:
    """(S,S) 0..1 with a ragged edge."""
    area = regions["moustache"]
    if recipe["shape"] == "full":
        area = np.maximum(area, regions["beard"])
    elif recipe["shape"] == "goatee":
        area = np.maximum(area, soft_step(regions["goatee"], 0.25, 0.7))
    size = regions.size
    rough = recipe["ragged"] * strands(recipe["seed"] + 5, size, 0.6 * size / 256, 2 * size / 256)
    soft = cv2.GaussianBlur(area, (0, 0), 0.009 * size)
    return soft_step(soft + rough * soft * (1 - soft) * 2, 0.15, 0.75) * (1 - regions["lips"])
