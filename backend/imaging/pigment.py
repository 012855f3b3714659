"""Skin colour as absorption: melanin, haemoglobin and carotene add up in the logarithm of linear light.

The model is that of Tsumura et al., "Image-based skin color and texture analysis/synthesis by extracting hemoglobin
and melanin information in the skin" (SIGGRAPH 2003): absorbance = -ln(linear RGB), one direction per pigment.
"""

from __future__ import annotations

import cv2
import numpy as np

from .sample import to_linear, to_srgb

#: Absorbance per unit of pigment in R, G, B. Melanin: half way between the first principal direction of the skins' mean
#: absorbance in shared/data (0.43, 0.59, 0.68; its dark skins are painted too red) and the line from their light skins
#: to number 8 of the Monk Skin Tone scale (0.50, 0.61, 0.62). Haemoglobin: the extinction of oxygenated
#: blood near 600, 545 and 450 nm. Carotene: yellow, blue only.
MELANIN = np.array([0.467, 0.600, 0.650], np.float32)
HAEMOGLOBIN = np.array([0.12, 0.70, 0.70], np.float32)
CAROTENE = np.array([0.0, 0.12, 0.99], np.float32)
#: No texel absorbs more than this linear value leaves: black has no logarithm.
DARKEST = 0.002
#: Limits of the ITA groups in degrees (Chardon et al. 1991; Del Bino and Bernerd 2013).
TONES = (("very light", 55), ("light", 41), ("intermediate", 28), ("tan", 10), ("brown", -30), ("dark", -90))


def absorbance(srgb: np.ndarray) -> np.ndarray:
    """(…,3) float32 absorbance of sRGB 0..1."""
    return -np.log(np.maximum(to_linear(srgb), DARKEST))


def from_absorbance(value: np.ndarray) -> np.ndarray:
    """(…,3) float32 sRGB 0..1."""
    return to_srgb(np.exp(-value))


def ita(srgb: np.ndarray) -> float:
    """Individual typology angle in degrees of one sRGB colour (3,): atan2(L* - 50, b*)."""
    lab = cv2.cvtColor(np.asarray(srgb, np.float32).reshape(1, 1, 3), cv2.COLOR_RGB2LAB)[0, 0]
    return float(np.degrees(np.arctan2(lab[0] - 50, max(float(lab[2]), 1e-3))))


def tone_name(angle: float) -> str:
    """The ITA group of an angle in degrees."""
    return next((name for name, limit in TONES if angle > limit), "dark")


def melanin_for(tone: np.ndarray, angle: float, most: float) -> float:
    """Melanin to add to a mean absorbance (3,) for an ITA of so many degrees; at most so much either way."""
    low, high = -most, most
    for _ in range(24):
        middle = (low + high) / 2
        if ita(from_absorbance(tone + middle * MELANIN)) > angle:
            low = middle
        else:
            high = middle
    return (low + high) / 2
