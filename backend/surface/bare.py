"""Where the head has bare skin, by its canonical places: not eyes, brows, lips, nostrils, nor the hairy scalp."""

from functools import cache

import cv2
import numpy as np

from ..head.atlas import to_atlas
from ..head.facial_regions import LEFT_LIDS, LIPS, NOSTRILS, RIGHT_LIDS, landmark_places
from ..head.scalp import scalp_share
from ..imaging.sample import Wrapped, sample_atlas
from ..portrait.landmark_groups import LEFT_BROW, RIGHT_BROW

SIZE = 512
#: How far the parts reach beyond their outlines, as shares of the atlas.
GROWN = {LIPS: 0.008, NOSTRILS: 0.004, LEFT_LIDS: 0.004, RIGHT_LIDS: 0.004, LEFT_BROW: 0.014, RIGHT_BROW: 0.014}


@cache
def face_parts() -> np.ndarray:
    """(SIZE,SIZE) float32 0..1 in the atlas: eyes with their lids, brows, lips, nostrils."""
    places = landmark_places() * SIZE
    mask = np.zeros((SIZE, SIZE), np.uint8)
    for loop, grown in GROWN.items():
        part = np.zeros_like(mask)
        cv2.fillConvexPoly(part, cv2.convexHull(np.rint(places[list(loop)]).astype(np.int32)), 1)
        side = 2 * round(grown * SIZE) + 1
        mask |= cv2.dilate(part, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.006 * SIZE)


@cache
def _wrapped_parts() -> Wrapped:
    return Wrapped.of(face_parts())


def between_parts(atlas: np.ndarray) -> np.ndarray:
    """(…,) float32 0..1 of (…,2) atlas places: skin, be it below hair."""
    return 1 - sample_atlas(_wrapped_parts(), atlas)


def bare_skin(canonical: np.ndarray) -> np.ndarray:
    """(…,) float32 0..1 of (…,3) canonical points: skin that no hair of the scalp can cover."""
    return between_parts(to_atlas(canonical)) * (1 - scalp_share(canonical))
