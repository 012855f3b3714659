"""Noise that looks like what it hides: as strong in every octave as the residuals that stage 1 learns.

White noise drowns only what is fine; what is coarse would be decided in the first step, and seeds would differ in grain
alone (multi-resolution noise: Whitaker 2023; coloured noise for diffusion: Huang et al., arXiv 2402.04930).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .conditions import SCALE
from .sizes import TEXELS

#: Standard deviation of the noise at 256, 128, ... 4 places per side, sRGB, and how its channels go together: between
#: the residuals of people (0.021, 0.050, 0.067, 0.068, 0.040, 0.043, 0.059) and of painted skins, larger where coarse.
OCTAVES = (0.023, 0.033, 0.038, 0.054, 0.037, 0.057, 0.106)
CHANNELS = ((1.20, 0.0, 0.0), (0.90, 0.31, 0.0), (0.70, 0.34, 0.25))


def draw_noise(
    count: int,
    random: torch.Generator | None = None,
    device: str | torch.device = "cpu",
    octaves: Sequence[float] = OCTAVES,
) -> Tensor:
    """(count,3,TEXELS,TEXELS) in units of SCALE; drawn on the CPU, so that a seed is the same everywhere."""
    made = sum_octaves(count, [deviation / SCALE for deviation in octaves], random)
    return torch.einsum("cd,bdhw->bchw", torch.tensor(CHANNELS), made).to(device)


def sum_octaves(count: int, deviations: list[float], random: torch.Generator | None) -> Tensor:
    """(count,3,TEXELS,TEXELS): white noise at each number of places per side, fine ones first in deviations."""
    side = TEXELS // 2 ** (len(deviations) - 1)
    made = torch.zeros(count, 3, side, side)
    for deviation in reversed(deviations):
        if made.shape[-1] < side:
            made = doubled(made)
        made = made + deviation * torch.randn(made.shape, generator=random)
        side *= 2
    return made


def doubled(picture: Tensor) -> Tensor:
    """(B,C,2S,2S) of (B,C,S,S); around the head there is no border."""
    wide = F.pad(picture, (1, 1, 0, 0), mode="circular")
    return F.interpolate(wide, scale_factor=2.0, mode="bilinear", align_corners=False)[..., 2:-2]
