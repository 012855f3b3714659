"""Freckles, moles, age spots and scars, as pigment on the skin."""

from __future__ import annotations

import cv2
import numpy as np

from ...head.facial_regions import FacialRegions
from ...imaging.noise import field, soft_step
from .pigments import CAROTENE, HAEMOGLOBIN, MELANIN


def freckles(regions: FacialRegions, recipe: dict) -> np.ndarray:
    """(S,S,3) absorbance: small brown spots on nose and cheeks, denser in patches. recipe: seed, count, gain."""
    size = regions.size
    random = np.random.default_rng(recipe["seed"])
    density = np.maximum(regions["cheeks"], 0.9 * regions["nose"]) + 0.06 * regions["face"]
    density = density * (1 - regions["lids"]) * soft_step(field(recipe["seed"] + 1, size, 9), -1.2, 1.0)
    chance = np.cumsum(density.ravel() / density.sum())
    spots = np.zeros((size, size), np.float32)
    where = np.minimum(np.searchsorted(chance, random.random(recipe["count"])), size * size - 1)
    np.maximum.at(spots.reshape(-1), where, random.uniform(0.3, 1, recipe["count"]).astype(np.float32))
    spots = cv2.GaussianBlur(spots, (0, 0), max(0.0028 * size, 0.5))
    spots = spots / max(float(np.quantile(spots[spots > 1e-4], 0.97)), 1e-6) if spots.any() else spots
    return recipe["gain"] * np.clip(spots, 0, 1.3)[..., None] * (MELANIN + 0.2 * CAROTENE)


def moles(regions: FacialRegions, recipe: dict) -> np.ndarray:
    """(S,S,3) absorbance: a few dark round spots anywhere on face and neck. recipe: spots: [[x, y, radius, gain]] with
    x, y in 0..1 of the atlas, radius in shares of it."""
    size = regions.size
    out = np.zeros((size, size), np.float32)
    y, x = np.mgrid[:size, :size].astype(np.float32) + 0.5
    for u, v, radius, gain in recipe["spots"]:
        reach = max(radius * size, 0.6)
        out = np.maximum(out, gain * np.exp(-((((x - u * size) ** 2 + (y - v * size) ** 2) / reach**2) ** 1.5)))
    clear = 1 - np.maximum(regions["openings"], regions["lips"])
    return (out * clear)[..., None] * MELANIN


def scar(regions: FacialRegions, recipe: dict) -> np.ndarray:
    """(S,S,3) absorbance: a pale line with a red rim. recipe: points: [[x, y]] in 0..1, width in shares, gain, age."""
    size = regions.size
    line = np.zeros((size, size), np.uint8)
    points = np.rint((np.array(recipe["points"]) * size - 0.5) * 16).astype(np.int32)
    cv2.polylines(line, [points], False, 255, max(1, round(recipe["width"] * size)), cv2.LINE_AA, shift=4)
    core = cv2.GaussianBlur(line.astype(np.float32) / 255, (0, 0), max(0.002 * size, 0.4))
    rim = np.clip(cv2.GaussianBlur(core, (0, 0), 0.006 * size) * 2 - core, 0, 1)
    clear = (1 - np.maximum(regions["openings"], regions["scalp"]))[..., None]
    pale = -core[..., None] * (0.5 * MELANIN + (0.4 * recipe["age"] - 0.15) * HAEMOGLOBIN)
    red = rim[..., None] * (0.6 - 0.5 * recipe["age"]) * HAEMOGLOBIN
    return recipe["gain"] * (pale + red) * clear
