"""Fine detail (networks/detail.py) on tensors, as the training of stage 3 takes it."""

from __future__ import annotations

import torch
from torch import Tensor

from ...networks import detail
from ...networks.noise import sum_octaves
from ...networks.planes import to_planes
from .pictures import on_tensors, seeded

blurred, fine, how_sure = on_tensors(detail.blurred), on_tensors(detail.fine), on_tensors(detail.how_sure)
to_units, conditions = on_tensors(detail.to_units), on_tensors(detail.conditions)


def from_units(units: Tensor, usual: Tensor) -> Tensor:
    """(B,3,H,W) sRGB detail, with gradient."""
    return torch.einsum("cd,bdhw->bchw", torch.from_numpy(detail.CHANNELS).to(units), units) * usual


def draw_noise(like: Tensor, random: torch.Generator) -> Tensor:
    """(B,C,H,W) noise with the octaves of detail, in units; H and W are multiples of 4."""
    own, (count, channels, height, width) = seeded(random), like.shape
    drawn = (sum_octaves((height, width, channels), detail.NOISE, own) for _ in range(count))
    return torch.from_numpy(to_planes(*drawn)).to(like.device)


def noised(clean: Tensor, kept: Tensor, random: torch.Generator) -> Tensor:
    """(B,C,H,W) clean detail with noise of its own; kept: the share of its variance that is left, a number or (B,1,1,1)
    of them."""
    return kept.sqrt() * clean + (1 - kept).sqrt() * draw_noise(clean, random)
