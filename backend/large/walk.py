"""From noise to picture, with what the portrait shows imposed at every step.

DPM-Solver++ of second order in its multistep form (Lu et al., arXiv 2211.01095, algorithm 2), which for one step is
DDIM, and Euler's step of a flow. Imposing: RePaint (Lugmayr et al., arXiv 2201.09865), on the clean picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from .scene import Level, Painter


def walk(
    painter: Painter, kept: Tensor, sure: Tensor, levels: list[Level], seed: int, on_step: Callable[[float], None]
) -> Tensor:
    """(1,C,s,s) latents of the finished picture.

    Args:
        kept: latents of the start, which also hold what was seen. sure: (1,1,s,s) 0..1 where it was.
        levels: see Painter.levels. on_step: told the share that is done; what it raises ends the walk.
    """
    noise = torch.randn(kept.shape, generator=torch.Generator().manual_seed(seed))  # the same on every device
    latent = levels[0].alpha * kept + levels[0].sigma * noise.to(kept)
    before, last = None, 0.0
    for number, (here, there) in enumerate(pairwise(levels)):
        clean = painter.clean(latent, here)
        clean = torch.lerp(clean, kept, sure)  # where it is sure, to the bit
        latent, last = advance(latent, clean, before, here, there, last)
        before = clean if painter.multistep else None
        on_step((number + 1) / (len(levels) - 1))
    return latent


def advance(
    latent: Tensor, clean: Tensor, before: Tensor | None, here: Level, there: Level, last: float
) -> tuple[Tensor, float]:
    """One step from here to there, and its length in log signal to noise, for the next.

    Args:
        before: the clean picture of the step before, whose length is last; None for the first.
    """
    if not there.sigma:
        return there.alpha * clean, 0.0
    length = log_ratio(there) - log_ratio(here)
    if before is not None and last:
        clean = clean + 0.5 * length / last * (clean - before)
    return there.sigma / here.sigma * latent - there.alpha * math.expm1(-length) * clean, length


def log_ratio(level: Level) -> float:
    return math.log(max(level.alpha, 1e-6) / level.sigma)


def shrink_mask(sure: Tensor, pixels: int) -> Tensor:
    """(1,1,s,s) of (1,1,S,S): a latent is held as far as the least sure of its texels."""
    return -F.max_pool2d(-sure, pixels)
