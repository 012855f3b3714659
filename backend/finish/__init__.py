"""Corrections after the three stages, in this order: what the portrait's skin, style and ink ask for.

Each is a Finisher and leaves alone what it is not meant for.
"""

from typing import Protocol

import numpy as np

from ..job import Prepared
from .flat import flatten_drawing
from .hue import keep_warm
from .ink import print_in_ink


class Finisher(Protocol):
    """Takes the completed atlas (S,S,3) float32 sRGB without light and gives it back, corrected."""

    def __call__(self, generated: np.ndarray, job: Prepared) -> np.ndarray: ...


FINISHERS: tuple[Finisher, ...] = (keep_warm, flatten_drawing, print_in_ink)


def finish(generated: np.ndarray, job: Prepared) -> np.ndarray:
    """Run all of them."""
    for finisher in FINISHERS:
        generated = finisher(generated, job)
    return generated
