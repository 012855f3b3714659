"""Heads and skins of rendered portraits: what is held out, textures as they are and in a cartoon's flat tones."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from .truth import TruthCase

SPLIT = Path(__file__).parents[1] / "training" / "split.json"
HEADS = {
    "makehuman": ("caucasian_male_young", "asian_female_old", "african_male_old", "neutral", "caucasian_female_child"),
    "valid": ("white_f_1",),
}


def load_truth_texture(case: TruthCase) -> np.ndarray:
    """(T,T,3) float32 sRGB; cartoon cases get a cartoon's flat tones, which are then the truth."""
    skin = cv2.imread(case.skin)
    side = max(skin.shape[:2])
    skin = cv2.resize(skin, (side, side), interpolation=cv2.INTER_AREA)
    skin = np.ascontiguousarray(skin[..., ::-1])
    return (flat_tones(skin) if case.light == "cel" else skin).astype(np.float32) / 255


def flat_tones(skin: np.ndarray) -> np.ndarray:
    """(S,S,3) uint8 sRGB in a cartoon's flat, brighter tones."""
    for _ in range(3):
        skin = cv2.bilateralFilter(skin, 9, 30, 9)
    hsv = cv2.cvtColor(skin, cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 1] = np.clip(hsv[..., 1] * 1.25, 0, 255)
    hsv[..., 2] = np.round(hsv[..., 2] / 18) * 18
    return cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2RGB)
