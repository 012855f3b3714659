"""The hair of the head in the picture: that over the head's own skin, and all that stands beyond it."""

from __future__ import annotations

import cv2
import numpy as np

from .landmark_groups import LEFT_BROW, RIGHT_BROW
from .matte import Matte

#: The chin's landmark, and the one at the top of the forehead.
CHIN, TOP = 152, 10
#: Of the face's height: over which hair begins above the brows (a beard is below), how far from its edges it is sure.
RISE, EDGE = 0.05, 0.02
#: The matte's hair up to which it is none for sure and from which it is some: grey and thin hair is half told.
DOUBTED, SURE = 0.25, 0.6
#: Share of the person above the forehead that is hair, up to which the head is bald: 17 bald ones have at most 0.03.
HAIRY = 0.045


def find_head_hair(matte: Matte, landmarks: np.ndarray) -> np.ndarray:
    """(H,W) float32 0..1, 1 where surely nothing but the hair of the head is seen (or a hat); 0 on bald heads.

    Args:
        landmarks: (468,2) of the face, in pixels.
    """
    up = landmarks[TOP] - landmarks[CHIN]
    height = float(np.linalg.norm(up))
    up = up / max(height, 1e-6)
    rows, columns = (np.arange(side) + 0.5 for side in matte.hair.shape)
    brows = float((landmarks[[*LEFT_BROW, *RIGHT_BROW]] @ up).max())
    level = (columns[None] * up[0] + rows[:, None] * up[1]).astype(np.float32)
    above, higher = (
        np.clip((level - start) / max(RISE * height, 1e-6), 0, 1) for start in (brows, float(landmarks[TOP] @ up))
    )
    reach = max(EDGE * height, 0.5)

    def inside(part: np.ndarray) -> np.ndarray:
        return np.clip(3 * cv2.GaussianBlur((part * matte.person).astype(np.float32), (0, 0), reach) - 2, 0, 1)

    hair = np.clip((matte.hair - DOUBTED) / (SURE - DOUBTED), 0, 1)
    sure, crown = inside(hair * above), inside(higher)
    return sure if (sure * crown).sum() > HAIRY * crown.sum() else np.zeros_like(sure)
