"""The denoising loop that stages 1 and 3 share: DDIM over the residual."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..networks.conditions import SCALE, kept_signal
from .stage import OnStep

#: Pictures denoised at once and averaged: each way round, under noises of their own. The mean over what is possible is
#: what unseen skin should be.
DRAWS = 4


@torch.no_grad()
def denoise(
    network: nn.Module,
    start: Tensor,
    conditions: Tensor,
    style: Tensor,
    *,
    first_time: int,
    steps: int,
    temperature: float,
    seed: int,
    on_step: OnStep | None = None,
) -> Tensor:
    """start + the residual, denoised from first_time down to nothing (Song et al., DDIM, arXiv 2010.02502, eq. 12).

    Args:
        start: (N,3,S,S) sRGB, N draws of one texture. temperature: scale of the first noise; below 1 each result stays
            nearer to the mean.
    """
    times = torch.linspace(first_time, 0, steps + 1).round().long()[:-1]
    random = torch.Generator().manual_seed(seed)
    noise = torch.randn(start.shape, generator=random).to(start.device) * temperature
    keep = kept_signal().to(start.device)
    x = noise * (1 - keep[times[0]]).sqrt()  # the residual's own mean is zero
    for i, time in enumerate(times):
        clean = network(x, conditions, time.expand(len(x)).to(x.device), style.expand(len(x)))
        if i + 1 < len(times):
            alpha, after = keep[time], keep[times[i + 1]]
            noise_now = (x - alpha.sqrt() * clean) / (1 - alpha).sqrt()
            x = after.sqrt() * clean + (1 - after).sqrt() * noise_now
        else:
            x = clean
        if on_step:
            on_step((i + 1) / len(times))
    return start + SCALE * x


def with_mirrored(*pictures: Tensor) -> list[Tensor]:
    """(DRAWS,C,S,S) of each (1,C,S,S): as they are, and mirrored, in turn. Heads are symmetric, and so is the atlas."""
    return [torch.cat([picture, picture.flip(-1)] * (DRAWS // 2)) for picture in pictures]


def averaged(results: Tensor) -> Tensor:
    """(1,C,S,S) of (DRAWS,C,S,S) as with_mirrored() laid them."""
    return ((results[::2] + results[1::2].flip(-1)) / 2).mean(0, keepdim=True)
