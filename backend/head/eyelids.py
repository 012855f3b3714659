"""Eyes that are shut on one side only: no eyeball gets a lid, and no lid an eyeball.

The lids around them are the portrait's all the same: the warp lays their landmarks on each other.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from ..portrait.landmark_groups import LEFT_EYE, RIGHT_EYE, fill_region
from .facial_regions import landmark_places
from .register import Registration

#: Upper and lower lid's middle, and the corners, of each eye.
LIDS = (((160, 159, 158), (144, 145, 153), (33, 133)), ((387, 386, 385), (373, 374, 380), (263, 362)))
#: Opening of an eye over its width below which it is shut; twelve who smile have 0.19 to 0.37, three heads 0.28.
SHUT = 0.12
#: Texels of the atlas in which eyes are drawn; soft edge as a share of it.
SIZE, SOFT = 512, 0.004


def openings(points: np.ndarray) -> np.ndarray:
    """(2,) height of the right and the left eye's opening over its width, of (468,2) pixels."""
    return np.array(
        [
            np.linalg.norm(points[list(upper)] - points[list(lower)], axis=1).mean()
            / max(float(np.linalg.norm(points[first] - points[last])), 1e-6)
            for upper, lower, (first, last) in LIDS
        ]
    )


def find_unlike_eyes(registration: Registration) -> np.ndarray | None:
    """(S,S) float32 atlas, 1 between the lids of eyes that are shut in the portrait or on the head, but not on both.

    None where there are none.
    """
    head = registration.camera.project(registration.landmarks)[0]
    unlike = (openings(head) < SHUT) != (openings(registration.targets) < SHUT)
    return _between_lids(bool(unlike[0]), bool(unlike[1])) if unlike.any() else None


@cache
def _between_lids(right: bool, left: bool) -> np.ndarray:
    loops = [loop for loop, drawn in ((RIGHT_EYE, right), (LEFT_EYE, left)) if drawn]
    drawn = fill_region((SIZE, SIZE), landmark_places() * SIZE, *loops)
    grown = cv2.dilate(drawn, np.ones((3, 3), np.uint8))
    return cv2.GaussianBlur(grown, (0, 0), SOFT * SIZE)
