"""What the three stages share: what each takes and gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ..job import StageOptions
from ..models.bundle import Networks

OnStep = Callable[[float], None]


@dataclass(frozen=True)
class AtlasObservation:
    """The portrait in the atlas, without its light.

    color: (S,S,3) float32 sRGB 0..1. confidence: (S,S) float32, 0 where it shows nothing. style: a name of
    options.STYLE.
    """

    color: np.ndarray
    confidence: np.ndarray
    style: str


@dataclass(frozen=True)
class Work:
    """What a stage works with. on_step: called with the share of the stage that is done; what it raises ends it."""

    observation: AtlasObservation
    networks: Networks
    options: StageOptions = field(default_factory=StageOptions)
    on_step: OnStep = lambda share: None


class Stage(Protocol):
    """One of the three: takes the completion so far and gives a better one, both (S,S,3) float32 sRGB 0..1.

    Args:
        share: 0..1, how far it goes from the one to the other (followed.py).
    """

    def __call__(self, work: Work, completion: np.ndarray, share: float = 1.0) -> np.ndarray: ...
