"""Stage 3: diffusion repainting of fine detail where no portrait shows it (AvatarTex, texture refinement).

Detail is denoised from noise of its own octaves, in units of what is usual at each place; what was seen is imposed at
every step (RePaint, Lugmayr et al., arXiv 2201.09865), so that what is painted goes on from it. The denoiser is told
the completion, the seen detail, the other side's, and how strong it is by octave: skin made up is as rough as the skin
that shows.
"""

from __future__ import annotations

import itertools

import numpy as np
import torch
import torch.nn.functional as F

from ..job import StageOptions
from ..models.bundle import Networks
from ..networks.conditions import TIMES, kept_signal
from ..networks.detail import PARTS, conditions, draw_noise, fine, from_units, how_sure, to_units
from .stage import AtlasObservation, OnStep, to_picture, to_tensor

STEPS = 8
#: Scale of the first noise; below 1 detail is fainter and nearer to its mean.
TEMPERATURE = 1.0
#: Texels of the other edge that the atlas gets on either side: it goes around the head.
AROUND = 16


@torch.no_grad()
def repaint(
    observation: AtlasObservation,
    completion: np.ndarray,
    networks: Networks,
    options: StageOptions,
    on_step: OnStep | None = None,
) -> np.ndarray:
    """Paint the detail that the completion lacks. See stage.Stage."""
    start = to_tensor(completion, networks.device)
    colour, confidence = observation.tensors(networks.device)
    sure, usual = how_sure(confidence), networks.usual
    seen = to_units(fine(colour - start, sure), usual)
    told = conditions(start, seen, sure, networks.geometry, usual)
    told[:, [channel for part in options.without for channel in PARTS[part]]] = 0
    style, kept = networks.style(observation.style), kept_signal().to(networks.device)
    noise = draw_noise(start.shape, torch.Generator().manual_seed(options.seed)).to(start.device)
    times = torch.linspace(TIMES - 1, 0, STEPS + 1).round().long()
    noisy = TEMPERATURE * noise
    for i, (time, after) in enumerate(itertools.pairwise(times)):
        given = (F.pad(part, (AROUND, AROUND, 0, 0), mode="circular") for part in (noisy, told))
        clean = networks.repainter(*given, time.expand(1).to(start.device), style)[..., AROUND:-AROUND]
        clean = clean + sure * (seen - clean)
        left = (noisy - kept[time].sqrt() * clean) / (1 - kept[time]).sqrt()
        noisy = kept[after].sqrt() * clean + (1 - kept[after]).sqrt() * left  # DDIM, arXiv 2010.02502, eq. 12
        if on_step:
            on_step((i + 1) / STEPS)
    painted = fine(from_units(clean, usual), torch.ones_like(sure))  # tone is not this stage's
    return to_picture(start + painted + sure * (from_units(seen, usual) - painted))
