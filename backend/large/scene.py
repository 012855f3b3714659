"""What every family of large models is given, and what it must know: pictures to paint, and the atlas goes around."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
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
    """One job: N pictures that are painted together, on the CPU.

    start: (N,3,S,S) sRGB 0..1, the completion with the portrait's texels in it. sure: (N,1,S,S) 0..1 where those are.
    portrait: (1,3,P,P) sRGB, the face. words: N, what they are to show. hints: (N,3,S,S) 0..1 by the name of a
    ControlNet that is shown more than the start. closes: pictures are atlases, whose left and right edges are
    neighbours.
    """

    start: Tensor
    sure: Tensor
    portrait: Tensor
    words: tuple[str, ...]
    hints: dict[str, Tensor] = field(default_factory=dict)
    closes: bool = True

    @property
    def margin(self) -> int:
        """Latent texels of the other edge."""
        return AROUND if self.closes else 0


class Painter(Protocol):
    """A large model at work on one scene."""

    device: str
    pixels: int  # texels of a picture to one of a latent
    multistep: bool  # a step may go on from the one before; those of a model of few steps each stand alone
    tick: Callable[[], None]  # called within a step; what it raises ends the job

    def levels(self, size: int) -> list[Level]:
        """The way that a job goes, from the noisiest; the picture itself comes last, with sigma 0."""
        ...

    def prepare(self, scene: Scene) -> Tensor:
        """Read words and portrait, and give (N,C,s,s) float32 latents of the scene's start."""
        ...

    def ready(self) -> AbstractContextManager[None]:
        """Around all calls of `clean`."""
        ...

    def clean(self, latent: Tensor, level: Level) -> Tensor:
        """(N,C,s,s) float32: what the pictures behind noisy latents are."""
        ...

    def decode(self, latent: Tensor) -> Tensor:
        """(N,3,S,S) sRGB, float32 on the CPU."""
        ...


class Way(Protocol):
    """How the pictures of a job make the atlas: they are atlases (in_atlas.py), or views of the head (around.py).

    scene: what is painted; K seeds of one texture have K times as many pictures.
    """

    scene: Scene

    def begin(self, kept: Tensor, pixels: int) -> None:
        """Called once, before the steps. kept: (N,C,s,s) latents of the scene's start. pixels: of one of a latent."""
        ...

    def settle(self, clean: Tensor, share: float) -> Tensor:
        """What is imposed on the clean pictures of a step, both (N,C,s,s); share: of the way that is gone, 0..1."""
        ...

    def lay(self, pictures: Tensor) -> Tensor:
        """(K,3,t,t) sRGB, the atlas of each seed, of (N,3,n,n) pictures of any size."""
        ...


def around(x: Tensor, margin: int) -> Tensor:
    """Sideways the atlas closes; above and below it ends."""
    return F.pad(F.pad(x, (margin, margin, 0, 0), mode="circular"), (0, 0, margin, margin), mode="replicate")


def within(x: Tensor, margin: int) -> Tensor:
    return x[..., margin : x.shape[-2] - margin, margin : x.shape[-1] - margin]


def slices(count: int, most: int) -> list[slice]:
    """0..count in pieces."""
    return [slice(low, min(low + most, count)) for low in range(0, count, most)]


def watch(network: torch.nn.Module, names: tuple[str, ...], tick: Callable[[], None]) -> None:
    """Call tick before each block of a network, so that a job can end within a step."""
    for name in names:
        block = getattr(network, name, None)
        for one in block if isinstance(block, torch.nn.ModuleList) else [block] if block is not None else []:
            one.register_forward_pre_hook(lambda *_: tick())
