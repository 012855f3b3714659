"""How faces differ: what a camera must not be turned for.

Laid over a portrait, another head's wide jaw or long nose looks much like a turn, and an open mouth like a nod. The
ways in which faces differ most are known, so they are fitted along with the camera: the principal components of
ICT-FaceKit's 100 identities (MIT, (c) 2020 USC ICT) at the landmarks, less shift, turn and size, and its neutral face
with the jaw dropped and with a smile (backend/lab/training/likeness.py makes the file).
"""

from functools import cache
from pathlib import Path

import numpy as np

from ..verified import verified_arrays
from .landmarks import HeadLandmarks

SHAPES = Path(__file__).with_name("shapes.npz")
#: So many of them, the last ones, are expressions.
EXPRESSIONS = 2
#: Standard deviation of shapes: a head is rather the person's than anybody's.
SHAPE = 0.25
#: Share of an observation that a landmark is: the network errs in neighbours together.
READ = 0.25


@cache
def face_shapes() -> np.ndarray:
    """(k,468,3) one standard deviation each: right, up, front, in face heights."""
    return verified_arrays(SHAPES)["shapes"].astype(np.float64)


def deviations() -> np.ndarray:
    """(k,) standard deviations of face_shapes()."""
    count = len(face_shapes())
    return np.where(np.arange(count) < count - EXPRESSIONS, SHAPE, 2.0)  # a mouth opens far


def shapes_of(head: HeadLandmarks) -> np.ndarray:
    """(k,468,3) in the axes and units of the head's mesh."""
    return face_shapes() @ head.rotation * head.height
