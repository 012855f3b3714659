"""The pigments of skin, and how skin tones are told: what makes other people of one skin."""

from __future__ import annotations

import cv2
import numpy as np

from ...imaging.pigment import from_absorbance

#: Absorbance per unit of pigment in R, G, B. Melanin: half way between the first principal direction of the skins' mean
#: absorbance in shared/data (0.43, 0.59, 0.68; its dark skins are painted too red) and the line from their light skins
#: to number 8 of the Monk Skin Tone scale (0.50, 0.61, 0.62). Haemoglobin: the extinction of oxygenated
#: blood near 600, 545 and 450 nm. Carotene: yellow, blue only.
MELANIN = np.array([0.467, 0.600, 0.650], np.float32)
HAEMOGLOBIN = np.array([0.12, 0.70, 0.70], np.float32)
CAROTENE = np.array([0.0, 0.12, 0.99], np.float32)
#: Limits of the ITA groups in degrees (Chardon et al. 1991; Del Bino and Bernerd 2013).
TONES = (("very light", 55), ("light", 41), ("intermediate", 28), ("tan", 10), ("brown", -30), ("dark", -90))


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
