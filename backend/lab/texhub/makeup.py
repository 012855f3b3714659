"""Lips, brows and make-up: colour that follows landmarks and keeps the skin's relief."""

from __future__ import annotations

import cv2
import numpy as np

from ...head.facial_regions import LEFT_LIDS, RIGHT_LIDS, FacialRegions
from ...imaging.noise import soft_step, strands
from ...imaging.pigment import absorbance
from .pigments import CAROTENE, HAEMOGLOBIN, MELANIN


def painted(value: np.ndarray, colour: list[float], share: np.ndarray, keep: float = 0.6) -> np.ndarray:
    """(S,S,3) absorbance covered with a colour (sRGB) by share (S,S), keeping so much of the relief below."""
    blurred = cv2.GaussianBlur(value, (0, 0), 0.012 * len(value))
    paint = absorbance(np.float32(colour)) + keep * (value - blurred)
    return value + share[..., None] * (paint - value)


def lips(regions: FacialRegions, value: np.ndarray, recipe: dict) -> np.ndarray:
    """recipe: blood, brown: pigment; colour: lipstick in sRGB or empty; cover: 0..1."""
    share = regions["lips"]
    value = value + share[..., None] * (recipe["blood"] * HAEMOGLOBIN + recipe["brown"] * MELANIN)
    return painted(value, recipe["colour"], share * recipe["cover"]) if recipe["colour"] else value


def brows(regions: FacialRegions, value: np.ndarray, tone: np.ndarray, recipe: dict) -> np.ndarray:
    """recipe: gain: factor of the own brows' darkness; hairs: absorbance of painted ones; seed; tint: carotene."""
    area = regions["brow"]
    dark = np.maximum(value - tone, 0) * area[..., None]
    unit = regions.size / 256
    hair = np.clip(0.75 + 0.35 * strands(recipe["seed"], regions.size, 0.6 * unit, 2.5 * unit, 12), 0, 1.4)
    hair = hair * soft_step(area, 0.2, 0.9)
    added = recipe["hairs"] * hair[..., None] * (MELANIN / MELANIN.mean() + recipe["tint"] * CAROTENE)
    return value + (recipe["gain"] - 1) * dark + added


def eye_shadow(regions: FacialRegions, value: np.ndarray, recipe: dict) -> np.ndarray:
    """recipe: colour sRGB, cover 0..1, height: how far up to the brow, 0..1."""
    size = regions.size
    y = np.mgrid[:size, :size][0].astype(np.float32) + 0.5
    share = np.zeros((size, size), np.float32)
    for lids in (RIGHT_LIDS, LEFT_LIDS):
        points = regions.outline(lids)
        middle, top = points[:, 1].mean(), points[:, 1].min()
        reach = (0.6 + recipe["height"]) * (middle - top)
        up = np.exp(-(((y - middle + 0.5 * reach) / reach) ** 2) * 1.2) * soft_step(middle + 0.15 * reach - y, 0, reach)
        across = np.abs(np.arange(size) + 0.5 - points[:, 0].mean()) / np.ptp(points[:, 0])
        share = np.maximum(share, up * soft_step(-across, -0.72, -0.35)[None])
    return painted(value, recipe["colour"], share * recipe["cover"], 0.8)


def eyeliner(regions: FacialRegions, value: np.ndarray, recipe: dict) -> np.ndarray:
    """recipe: colour sRGB, cover 0..1, width in shares of the atlas."""
    line = cv2.GaussianBlur(regions.lashes(recipe["width"] * regions.size), (0, 0), 0.5)
    return painted(value, recipe["colour"], np.clip(line, 0, 1) * recipe["cover"], 0)


def blush(regions: FacialRegions, value: np.ndarray, recipe: dict) -> np.ndarray:
    """recipe: gain, hue: carotene beside the red."""
    share = regions["cheeks"] * (1 - regions["lids"])
    return value + recipe["gain"] * share[..., None] * (HAEMOGLOBIN + recipe["hue"] * CAROTENE)
