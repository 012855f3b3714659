"""Skins on a bare head, so that a render of it looks like a face to the landmark network.

What the network reads of a turned face depends on the skin by up to 5 degrees of pitch, and most on how crisp lids and
lips are: the mean of the readings of several real skins tells turned faces better than the reading of their mean; that
one tells frontal faces better (0.2 dB of the benchmark). The real ones are MakeHuman's (CC0) in the canonical atlas:
young_lightskinned_male2, old_darkskinned_female, darthfurby_caucasian_female, old_eurasian_male,
young_lightskinned_female2 (backend/training/likeness.py makes the file); none of held-out faces.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from safetensors.numpy import load

from ..models.verified import WEIGHTS, verified_bytes
from ..texture.sample import sample_atlas

SKINS = Path(__file__).with_name("skins.jpg")
#: Light from everywhere, and from one direction; what they do to sRGB values.
AMBIENT, KEY, GAMMA = 0.45, 0.72, 1 / 2.2
BACKDROP = 0.55


@cache
def skins() -> tuple[np.ndarray, ...]:
    """(S,S,3) float32 sRGB atlases: the linear prior's mean, then real skins.

    Raises:
        AvatarTexError: WEIGHTS_MISSING, WEIGHTS_ALTERED.
    """
    mean = np.ascontiguousarray(load(verified_bytes(WEIGHTS, "linear.safetensors"))["mean"], np.float32)
    row = cv2.imdecode(np.fromfile(SKINS, np.uint8), cv2.IMREAD_COLOR)[..., ::-1].astype(np.float32) / 255
    return mean, *(np.ascontiguousarray(skin) for skin in np.split(row, row.shape[1] // row.shape[0], 1))


def paint(skin: np.ndarray, places: np.ndarray, lambert: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """(H,W,3) float32 sRGB picture of a lit head.

    Args:
        skin: (S,S,3) atlas. places: (H,W,2) where in it each pixel lies. lambert: (H,W,1) 0..1. covered: (H,W) bool.
    """
    gain = np.where(covered[..., None], (AMBIENT + KEY * lambert) ** GAMMA, 0)
    return sample_atlas(skin, places) * gain.astype(np.float32) + np.float32(BACKDROP) * ~covered[..., None]
