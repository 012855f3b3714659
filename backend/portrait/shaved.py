"""The matte of a head whose beard is taken off: hair of the beard's colour is hair, collars are not."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from ..imaging.sample import disc
from .landmarks import FaceLandmarks
from .matte import Matte

#: Landmarks: under the nose, and of the chin.
NOSE, CHIN = 2, 152
#: From here down, of the way from nose to chin, collars begin; how far in CIELAB hair strays there from its colour
#: where it is hair for sure.
COLLAR, LOCKS, SURELY = 0.6, np.float32([25, 12, 14]), 0.9
#: Of the face's size squared: hair that hangs together is larger.
ISLAND = 0.02
#: Of the face's size: how far colours' likeness is smoothed.
FINE = 0.012


def shave(color: np.ndarray, matte: Matte, face: FaceLandmarks) -> Matte:
    """The matte with the beard as hair and not as skin, for what stands off the skin.

    What has neither the beard's colour nor that of the hair above is a collar; islands in the forehead are gloss.

    Args:
        color: (H,W,3) float32 sRGB. face: its landmarks, in their pixels.
    """
    beard = np.zeros_like(matte.hair) if matte.beard is None else matte.beard
    low = below(color.shape[:2], face, COLLAR)
    lab = cv2.cvtColor(np.ascontiguousarray(color, np.float32), cv2.COLOR_RGB2LAB)
    alike = np.zeros_like(beard)
    for known in (matte.hair * (1 - low) > SURELY, beard > SURELY):
        if known.any():
            apart = np.linalg.norm((lab - np.median(lab[known], axis=0)) / LOCKS, axis=-1)
            alike = np.maximum(alike, np.clip(2 - apart, 0, 1))
    hair = matte.hair * (1 - low * (1 - cv2.GaussianBlur(alike, (0, 0), max(0.6, FINE * face.size))))
    hair = hair * without_islands(hair, ISLAND * face.size**2)
    return replace(matte, skin=matte.skin * (1 - beard), hair=np.maximum(hair, beard), beard=None)


def without_islands(mask: np.ndarray, least: float) -> np.ndarray:
    """(H,W) 1 in and around what of a mask hangs together over so many pixels at least."""
    solid = (mask > 0.5).astype(np.uint8)
    labels, found = cv2.connectedComponentsWithStats(solid)[1:3]
    large = np.flatnonzero(found[:, cv2.CC_STAT_AREA] >= least)
    kept = (np.isin(labels, large[large > 0])).astype(np.float32)
    reach = max(1.0, np.sqrt(least) / 4)
    return np.clip(2 * cv2.GaussianBlur(cv2.dilate(kept, disc(reach)), (0, 0), reach / 2), 0, 1)


def below(shape: tuple[int, int], face: FaceLandmarks, share: float = 0.0) -> np.ndarray:
    """(h,w) 0..1 below the nose, or so far on the way from there to the chin, in the frame of the face."""
    down = face.points[CHIN, :2] - face.points[NOSE, :2]
    length = max(float(np.linalg.norm(down)), 1e-6)
    rows, columns = (np.arange(side) + 0.5 for side in shape)
    x, y = face.points[NOSE, :2]
    level = ((columns[None] - x) * down[0] + (rows[:, None] - y) * down[1]) / length**2
    return np.clip((level - share) / 0.1 + 0.5, 0, 1).astype(np.float32)
