"""What the three stages share: what each takes and gives, and pictures to tensors and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

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

    def tensors(self, device: str) -> tuple[Tensor, Tensor]:
        """(1,3,S,S) colour and (1,1,S,S) confidence."""
        return to_tensor(self.color, device), torch.from_numpy(self.confidence).float().to(device)[None, None]


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


def to_tensor(picture: np.ndarray, device: str) -> Tensor:
    """(1,3,S,S) float32 of (S,S,3)."""
    return torch.from_numpy(np.ascontiguousarray(picture, np.float32)).permute(2, 0, 1)[None].to(device)


def to_picture(tensor: Tensor) -> np.ndarray:
    """(S,S,3) float32 sRGB, clipped to 0..1, of (1,3,S,S)."""
    return np.ascontiguousarray(tensor[0].detach().clamp(0, 1).permute(1, 2, 0).cpu().numpy(), np.float32)
