"""From noise to pictures, with what the portrait shows imposed at every step.

DPM-Solver++ of second order in its multistep form (Lu et al., arXiv 2211.01095, algorithm 2), which for one step is
DDIM, and Euler's step of a flow. Imposing: RePaint (Lugmayr et al., arXiv 2201.09865), on the clean pictures.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from .scene import Level, Painter


def walk(
    painter: Painter,
    kept: Tensor,
    settle: Callable[[Tensor, float], Tensor],
    levels: list[Level],
    seeds: Sequence[int],
    on_step: Callable[[float, Tensor], None],
) -> Tensor:
    """(N,C,s,s) latents of the finished pictures.

    Args:
        kept: latents of the start. settle: imposes what is known; see Way.settle. levels: see Painter.levels.
        seeds: each has an equal share of the N pictures, one after the other. on_step: called with the share that is
            done and the clean latents; what it raises ends the walk.
    """
    latent = levels[0].alpha * kept + levels[0].sigma * draw_noise(kept, seeds)
    before, last, steps = None, 0.0, len(levels) - 1
    for number, (here, there) in enumerate(pairwise(levels)):
        clean = settle(painter.clean(latent, here), number / max(steps - 1, 1))
        latent, last = advance(latent, clean, before, here, there, last)
        before = clean if painter.multistep else None
        on_step((number + 1) / steps, clean)
    return latent


def draw_noise(like: Tensor, seeds: Sequence[int]) -> Tensor:
    """The same on every device, and for a seed the same whatever stands beside it."""
    share = (len(like) // len(seeds), *like.shape[1:])
    return torch.cat([torch.randn(share, generator=torch.Generator().manual_seed(seed)) for seed in seeds]).to(like)


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
    """(N,1,s,s) of (N,1,S,S): a latent is held as far as the least sure of its texels."""
    return -F.max_pool2d(-sure, pixels)
