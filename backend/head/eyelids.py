"""Eyes that are shut on one side only: no eyeball gets a lid, and no lid an eye.

The lids around them are the portrait's all the same: the warp lays their landmarks on each other.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from ..portrait.landmark_groups import LEFT_EYE, RIGHT_EYE, fill_region
from .facial_regions import landmark_places
from .lid_gap import SHUT
from .register import Registration

#: Upper and lower lid's middle, and the corners, of each eye.
LIDS = (((160, 159, 158), (144, 145, 153), (33, 133)), ((387, 386, 385), (373, 374, 380), (263, 362)))
#: Texels of the atlas in which eyes are drawn; soft edge as a share of it, or of the face's height.
SIZE, SOFT = 512, 0.004
#: How far lashes and their shade reach over the lids, in face heights.
LASHES = 0.018


def openings(points: np.ndarray) -> np.ndarray:
    """(2,) height of the right and the left eye's opening over its width, of (468,2) pixels."""
    return np.array(
        [
            np.linalg.norm(points[list(upper)] - points[list(lower)], axis=1).mean()
            / max(float(np.linalg.norm(points[first] - points[last])), 1e-6)
            for upper, lower, (first, last) in LIDS
        ]
    )


def find_bare_eyes(registration: Registration) -> np.ndarray | None:
    """(S,S) float32 atlas, 1 between the lids of eyes that are shut in the portrait and open on the head; None without.

    No eyeball gets a lid.
    """
    head, portrait = shut_eyes(registration)
    bare = portrait & ~head
    return _between_lids(bool(bare[0]), bool(bare[1])) if bare.any() else None


def between_lids(registration: Registration, shape: tuple[int, int]) -> np.ndarray:
    """(H,W) float32 0..1 of the portrait: eyes and lashes that are open where the head's lids are shut."""
    head, portrait = shut_eyes(registration)
    loops = [loop for loop, drawn in zip((RIGHT_EYE, LEFT_EYE), head & ~portrait, strict=True) if drawn]
    eyes = fill_region(shape, registration.targets, *loops)
    if not loops:
        return eyes
    side = 2 * round(LASHES * registration.face_height) + 1
    grown = cv2.dilate(eyes, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    return cv2.GaussianBlur(grown, (0, 0), max(SOFT * registration.face_height, 0.5))


def shut_eyes(registration: Registration) -> tuple[np.ndarray, np.ndarray]:
    """(2,) bool each, of the right and the left eye: shut on the head, and in the portrait."""
    head = registration.camera.project(registration.landmarks)[0]
    return registration.shut | (openings(head) < SHUT), openings(registration.targets) < SHUT


@cache
def _between_lids(right: bool, left: bool) -> np.ndarray:
    loops = [loop for loop, drawn in ((RIGHT_EYE, right), (LEFT_EYE, left)) if drawn]
    drawn = fill_region((SIZE, SIZE), landmark_places() * SIZE, *loops)
    grown = cv2.dilate(drawn, np.ones((3, 3), np.uint8))
    return cv2.GaussianBlur(grown, (0, 0), SOFT * SIZE)
