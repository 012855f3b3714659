"""What every family of large models is given, and what it must know: the atlas goes around the head."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

#: Latent texels of the other edge that the atlas gets on either side; with it both edges agree.
AROUND = 4


@dataclass(frozen=True)
class Level:
    """A time on the way from noise to picture: a latent is alpha * clean + sigma * noise. time: as the network counts
    it."""

    time: float
    alpha: float
    sigma: float


@dataclass(frozen=True)
class Scene:
    """One job, on the CPU. start: (1,3,S,S) sRGB 0..1, the completion with the portrait's texels in it. sure: (1,1,S,S)
    0..1 where those are. portrait: (1,3,P,P) sRGB, the face. words: what is to be seen."""

    start: Tensor
    sure: Tensor
    portrait: Tensor
    words: str


class Painter(Protocol):
    """A large model at work on one scene."""

    device: str
    pixels: int  # texels of the atlas to one of a latent
    multistep: bool  # a step may go on from the one before; those of a model of few steps each stand alone
    tick: Callable[[], None]  # called within a step; what it raises ends the job

    def levels(self, size: int) -> list[Level]:
        """The way that a job goes, from the noisiest; the picture itself comes last, with sigma 0."""
        ...

    def prepare(self, scene: Scene) -> Tensor:
        """Read words and portrait, and give (1,C,s,s) float32 latents of the scene's start."""
        ...

    def ready(self) -> AbstractContextManager[None]:
        """Around all calls of `clean`."""
        ...

    def clean(self, latent: Tensor, level: Level) -> Tensor:
        """(1,C,s,s) float32: what the picture behind a noisy latent is."""
        ...

    def decode(self, latent: Tensor) -> Tensor:
        """(1,3,S,S) sRGB, float32 on the CPU."""
        ...


def around(x: Tensor, margin: int) -> Tensor:
    """Sideways the atlas closes; above and below it ends."""
    return F.pad(F.pad(x, (margin, margin, 0, 0), mode="circular"), (0, 0, margin, margin), mode="replicate")


def within(x: Tensor, margin: int) -> Tensor:
    return x[..., margin:-margin, margin:-margin]


def watch(network: torch.nn.Module, names: tuple[str, ...], tick: Callable[[], None]) -> None:
    """Call tick before each block of a network, so that a job can end within a step."""
    for name in names:
        block = getattr(network, name, None)
        for one in block if isinstance(block, torch.nn.ModuleList) else [block] if block is not None else []:
            one.register_forward_pre_hook(lambda *_: tick())
