"""The hair of the head in the picture: that over the head's own skin, and all that stands beyond it."""

from __future__ import annotations

import cv2
import numpy as np

from .landmark_groups import FOREHEAD, LEFT_BROW, RIGHT_BROW, fill_region
from .matte import Matte

#: The chin's landmark, and the one at the top of the forehead.
CHIN, TOP = 152, 10
#: Of the face's height: over which hair begins above the brows (a beard is below), how far from its edges it is sure.
RISE, EDGE = 0.05, 0.02
#: Share of the person above the forehead that is hair, up to which the head is bald.
HAIRY = 0.15
#: How far a forehead strays from its middle colour, in CIELAB: darker at its rim, glossy in the middle.
STRAYS, GLOSS = np.float32([16, 6, 6]), 25.0
#: Least saturation of a forehead's rim beside its middle, and how much darker it may be (L of CIELAB).
SATURATED, SHADED = 0.8, 30.0


def find_head_hair(portrait: np.ndarray, matte: Matte, landmarks: np.ndarray) -> np.ndarray:
    """(H,W) float32 0..1, 1 where surely nothing but the hair of the head is seen (or a hat); 0 on bald heads.

    The matte takes fair hair for skin, but for the shadows in it, and in pictures without colour a receding hairline's
    skin for hair; what is of the forehead's own colour is no hair, and above the forehead all else is.

    Args:
        portrait: (H,W,3) sRGB. landmarks: (468,2) of the face, in pixels.
    """
    forehead = fill_region(matte.hair.shape, landmarks, FOREHEAD) * matte.skin > 0.8
    up = landmarks[TOP] - landmarks[CHIN]
    height = float(np.linalg.norm(up))
    up = up / max(height, 1e-6)
    rows, columns = (np.arange(side) + 0.5 for side in matte.hair.shape)
    brows = float((landmarks[[*LEFT_BROW, *RIGHT_BROW]] @ up).max())
    level = (columns[None] * up[0] + rows[:, None] * up[1]).astype(np.float32)
    above, higher = (
        np.clip((level - start) / max(RISE * height, 1e-6), 0, 1) for start in (brows, float(landmarks[TOP] @ up))
    )
    hair = matte.hair * above
    if forehead.any():
        lab = cv2.cvtColor(np.ascontiguousarray(portrait, np.float32), cv2.COLOR_RGB2LAB)
        apart = (lab - np.median(lab[forehead], axis=0)) / STRAYS
        apart[..., 0] = np.where(apart[..., 0] > 0, apart[..., 0] * STRAYS[0] / GLOSS, apart[..., 0])
        hair = np.maximum(hair, higher) * np.clip(np.linalg.norm(apart, axis=-1) - 1, 0, 1)
    reach = max(EDGE * height, 0.5)

    def inside(part: np.ndarray) -> np.ndarray:
        return np.clip(3 * cv2.GaussianBlur((part * matte.person).astype(np.float32), (0, 0), reach) - 2, 0, 1)

    sure, crown = inside(hair), inside(higher)
    if (sure * crown).sum() <= HAIRY * crown.sum():
        return np.zeros_like(sure)
    return inside(hair * ~is_rim_of_skin(lab, forehead, hair * matte.person > 0.5)) if forehead.any() else sure


def is_rim_of_skin(lab: np.ndarray, forehead: np.ndarray, hair: np.ndarray) -> np.ndarray:
    """(H,W) bool: nearer to the forehead's hue, as saturated or more, than to the middle of the hair, and not much
    darker than the forehead: at its rim skin is shaded and redder, but of its hue.

    Args:
        lab: (H,W,3) CIELAB. forehead, hair: (H,W) bool, what is taken for either.
    """
    if not hair.any():
        return hair
    skin, middle = (np.median(lab[part], axis=0) for part in (forehead, hair))
    if np.linalg.norm(skin[1:] - middle[1:]) < STRAYS[1]:  # of one hue, or without any
        return np.zeros_like(hair)
    saturation, chroma = max(float(np.linalg.norm(skin[1:])), 1e-6), lab[..., 1:]
    hue = skin[1:] / saturation
    along = np.maximum(chroma @ hue, SATURATED * saturation)[..., None] * hue
    nearer = np.linalg.norm(chroma - along, axis=-1) < np.linalg.norm(chroma - middle[1:], axis=-1)
    return nearer & (lab[..., 0] > skin[0] - SHADED)
