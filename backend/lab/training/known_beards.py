"""People whose beards are told by eye, and what of the picture is then known.

Where a beard of a kind always grows it is hair for sure, far from where it grows at all there is none; nobody says
where between the two it ends.
"""

from __future__ import annotations

import cv2
import numpy as np

from ...head.facial_regions import JAW, MOUSTACHE
from ...imaging.sample import disc
from ...portrait.landmark_groups import LIPS, fill_region
from .known_hair import Head

#: Found by eye among the men of lab/faces/split.json's training people, at full size. Of the unsure nothing is learnt.
MOUSTACHES = """
    007d781e98 1b4c89fa2b 3b1dda5522 4c1caeae19 530cf7cd08 5528967dd1 61bb6783d6 6683272026 6b03e27caf
    79aa7dc87e 8b2f835b6b 8c6e88b3ce 9096fc22fe 9c8d3c6490 a040b99ccb a3e81e46e6 b126a229d6 bd4c729bdf
    c6fa41401e e1195b1958 e7a4088e2b
""".split()
CIRCLES = """
    0242f264f6 03ce65e763 0cdc29aa07 2f07828bab 3d20282b7f caf1e784c4 cd9069e868 cdf652f2f3
""".split()
FULL = """
    18e03d9808 1aaab44da3 34ce21f803 58eb846157 60131c1773 726030b657 9970667e54 a65332cf2e b1dbf97ab7
    d6fb620d48
""".split()
UNSURE = """
    0da9047688 0f44c835a4 1068bc66f2 1e64d20b9c 3a752e8c0c 3e786cbe7f 45615fd2eb 4e21d5cfe2 53f3ad60d4
    640fd4fac9 8c7f21c8a4 ac1a76fd2b bff4d10970
""".split()
#: Landmarks: a full beard from ear to ear, along the jaw and back below the cheeks; a circle beard about the mouth.
BELOW = (*JAW, 435, 287, 291, 405, 17, 181, 61, 57, 215)
CHIN = (61, 43, 204, 211, 171, 152, 396, 431, 424, 273, 291, 405, 17, 181)
#: Of the face's size: as far as what is surely hair stays inside a beard's outline, hair may reach beyond it, and
#: lips are widened.
INSIDE, BEYOND, LIP = 0.015, 0.075, 0.012


def kind_of(name: str) -> str:
    """moustache, circle, full, unsure, or none."""
    kinds = {"moustache": MOUSTACHES, "circle": CIRCLES, "full": FULL, "unsure": UNSURE}
    return next((kind for kind, names in kinds.items() if name in names), "none")


def bearded(color: np.ndarray, points: np.ndarray, person: np.ndarray, kind: str) -> Head:
    """A head whose hair is its beard's alone, and where that is known.

    Args:
        color: (S,S,3) float32 sRGB. points: (468,2). person: (S,S) 0..1. kind: as kind_of() says.
    """
    shape, nothing = color.shape[:2], np.zeros(color.shape[:2], np.float32)
    head = Head(color, points, person, nothing, nothing + 1, kind)
    if kind == "none":
        return head
    size = head.size
    loops = {"moustache": (MOUSTACHE,), "circle": (MOUSTACHE, CHIN), "full": (MOUSTACHE, BELOW), "unsure": ()}[kind]
    lips = cv2.dilate(fill_region(shape, points, LIPS), disc(LIP * size))
    sure, ever = nothing.copy(), nothing.copy()
    for loop in loops:
        whole = fill_region(shape, points, loop)
        sure = np.maximum(sure, cv2.erode(whole, disc(INSIDE * size)))
        ever = np.maximum(ever, cv2.dilate(whole, disc(BEYOND * size)))
    sure = sure * (1 - lips)
    if kind == "unsure":
        return Head(color, points, person, nothing, nothing, kind)
    rows = np.arange(shape[0])[:, None] + 0.5
    below = rows > points[152, 1] - 0.02 * size
    known = (sure > 0.5) | ((ever < 0.5) & ~(below & (kind != "moustache")))
    return Head(color, points, person, (sure > 0.5).astype(np.float32), known.astype(np.float32), kind)
