"""A difference of tones, continued over the atlas from where it is known."""

from collections.abc import Sequence

import cv2
import numpy as np

from ..imaging.bands import gaussian

#: How far the tone of the lit portrait fades into skin beside it, as shares of the atlas.
TONE_REACH = (0.015, 0.05, 0.12)


def fade_from(
    difference: np.ndarray, weight: np.ndarray, reaches: Sequence[float] = TONE_REACH
) -> tuple[np.ndarray, np.ndarray]:
    """(a,a,3) a difference of tones, known by (a,a) weight 0..1, continued over the atlas and fading with distance; and
    (a,a) the share that has faded."""
    size = len(weight)
    pad = size // 4
    wide = cv2.copyMakeBorder(difference, pad, pad, pad, pad, cv2.BORDER_WRAP)
    mask = cv2.copyMakeBorder(weight, pad, pad, pad, pad, cv2.BORDER_WRAP)
    mask[:pad], mask[-pad:] = 0, 0
    total = np.zeros_like(wide)
    left, known = np.ones_like(mask), wide * mask[..., None]
    for reach in reaches:
        blurred, near = gaussian(known, reach * size), gaussian(mask, reach * size)
        use = np.clip(near / 0.35, 0, 1) * left  # full at the border of the visible, fading away from it
        total += blurred / np.maximum(near, 1e-3)[..., None] * use[..., None]
        left = left * (1 - np.clip(near / 0.35, 0, 1))
    return total[pad:-pad, pad:-pad].astype(np.float32), left[pad:-pad, pad:-pad]
