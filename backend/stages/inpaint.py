"""Stage 1: diffusion inpainting of what the portrait shows (AvatarTex, arXiv 2511.06721, texture initialisation).

The priors' completion is the start; the network, trained on hidden skin of people that its priors never saw, shifts it
towards the person (ResShift, Yue et al., arXiv 2307.12348, eq. 6 and 7 about the start). From no noise in one step it
gives the mean of what is possible; from noise in several steps a sample, whose visible texels are imposed at each step
(RePaint, Lugmayr et al., arXiv 2201.09865).
"""

from __future__ import annotations

import itertools

import numpy as np
import torch
from torch import Tensor

from ..models.bundle import Networks
from ..networks.conditions import SCALE
from ..networks.noise import OCTAVES, draw_noise
from ..observation.observe import SURE
from .stage import Work, to_picture, to_tensor

#: Shares of the way from the truth to the start at which a sample is looked at, and the end; of the mean.
SAMPLED, MEAN = (1.0, 0.85, 0.6, 0.35, 0.15, 0.0), (1.0, 0.0)
#: The noise of a sample is coarse alone: what is finer than the network's patches it cannot take out again, and in the
#: next octave it leaves stains on necks.
COARSE = (0.0,) * 4 + OCTAVES[4:]


@torch.no_grad()
def inpaint(work: Work, completion: np.ndarray, share: float = 1.0) -> np.ndarray:
    """Add to the priors' completion what they cannot say of this person. See stage.Stage.

    The mean of what is possible, or with options.another a sample, by the seed.
    """
    if not share:
        return completion
    networks, options, device = work.networks, work.options, work.networks.device
    start, visible = to_tensor(completion, device), work.observation.tensors(device)
    known, sure = (visible[0] - start) / SCALE, (visible[1] / SURE).clamp(0, 1)
    random = torch.Generator().manual_seed(options.seed)
    residual = draw_noise(1, random, device, COARSE) if options.another else torch.zeros_like(start)
    etas = SAMPLED if options.another else MEAN
    for i, (eta, after) in enumerate(itertools.pairwise(etas)):
        clean = predict(networks, residual, start, visible, eta, work.observation.style)
        if after:
            clean = clean + sure * (known - clean)
            noise = (after / eta * (eta - after)) ** 0.5 * draw_noise(1, random, device, COARSE)
            residual = after / eta * residual + (1 - after / eta) * clean + noise
        work.on_step((i + 1) / (len(etas) - 1))
    return to_picture(start + share * SCALE * clean)


def predict(
    networks: Networks, residual: Tensor, start: Tensor, visible: tuple[Tensor, Tensor], eta: float, style: str
) -> Tensor:
    """(1,3,S,S) the clean residual: the mean of what the network says of the picture and of its mirror image."""
    given = [torch.cat([part, part.flip(-1)]) for part in (residual, start, *visible)]
    clean, _ = networks.completer(*given, torch.full((2,), eta, device=start.device), networks.style(style).expand(2))
    return (clean[:1] + clean[1:].flip(-1)) / 2
