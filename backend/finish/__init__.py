"""Corrections after the three stages, in this order: what the portrait's style, hair and ink ask for.

Each is a Finisher and leaves alone what it is not meant for.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ..observation.observe import Observation
from .flat import flatten_drawing
from .hair import wear_seen_hair
from .ink import print_in_ink


class Finisher(Protocol):
    """Takes the completed atlas (S,S,3) float32 sRGB without light and gives it back, corrected.

    Args:
        style: the portrait's, a name of options.STYLE.
    """

    def __call__(self, generated: np.ndarray, observation: Observation, style: str) -> np.ndarray: ...


FINISHERS: tuple[Finisher, ...] = (wear_seen_hair, flatten_drawing, print_in_ink)


def finish(generated: np.ndarray, observation: Observation, style: str) -> np.ndarray:
    """Run all of them."""
    for finisher in FINISHERS:
        generated = finisher(generated, observation, style)
    return generated
