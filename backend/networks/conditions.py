"""What the denoisers are shown and how noise is mixed; apart from the denoisers, whose library is slow to load."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor

STYLES = ("photo", "cartoon", "anime", "painting")
SCALE = 0.12  # sRGB; the residual's standard deviation on the training faces
TIMES = 1000


def kept_signal() -> Tensor:
    """(TIMES,) share of the signal's variance that is left at each time: the cosine schedule.

    Nichol and Dhariwal, arXiv 2102.09672, eq. 17; as diffusers' squaredcos_cap_v2.
    """
    level = [math.cos((t / TIMES + 0.008) / 1.008 * math.pi / 2) ** 2 for t in range(TIMES + 1)]
    betas = [min(1 - after / before, 0.999) for before, after in itertools.pairwise(level)]
    return torch.cumprod(1 - torch.tensor(betas), 0)


def repaint_conditions(start: Tensor, colour: Tensor, confidence: Tensor, geometry: Tensor) -> Tensor:
    """(B,14,S,S): the latent result, what was seen, how surely, its gradients and wavelet high band, and the place.

    Gradients condition the network in training and inference (Athar et al., ECCV 2024, "Bridging the gap"); the
    high band is the sum over directions of one Haar level (Zhang and Cheng 2025).
    """
    seen = colour * confidence
    grey = (colour * colour.new_tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)
    across = (torch.roll(grey, -1, 3) - grey) * confidence * torch.roll(confidence, -1, 3)
    down = (torch.roll(grey, -1, 2) - grey) * confidence * torch.roll(confidence, -1, 2)
    high = haar_high(grey) * confidence
    return torch.cat(
        [
            start - 0.5,
            seen,
            confidence,
            4 * across,
            4 * down,
            4 * high,
            confidence.flip(-1),
            geometry.expand(len(start), -1, -1, -1),
        ],
        1,
    )


def haar_high(grey: Tensor) -> Tensor:
    """(B,1,S,S): the three directional high bands of one Haar level, summed and brought back to full size."""
    a, b, c, d = grey[..., ::2, ::2], grey[..., ::2, 1::2], grey[..., 1::2, ::2], grey[..., 1::2, 1::2]
    bands = ((a + b - c - d).abs() + (a - b + c - d).abs() + (a - b - c + d).abs()) / 4
    return bands.repeat_interleave(2, -1).repeat_interleave(2, -2)
