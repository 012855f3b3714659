"""Stage 3: diffusion repainting of fine detail where no portrait shows it (AvatarTex, texture refinement).

Detail is denoised from noise of its own octaves, in units of what is usual at each place; what is visible is imposed at
every step (RePaint, Lugmayr et al., arXiv 2201.09865), so that what is painted goes on from it. The denoiser is given
the completion, the visible detail, the other side's, and how strong it is by octave: beside rough skin it paints
rougher skin. What is still lacking is laid on by example (surface/skin.py).
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from ..networks.conditions import TIMES, kept_signal
from ..networks.detail import conditions, fine, from_units, how_sure, noised, to_units
from .stage import Work, to_picture, to_tensor

STEPS = 2  # with four or eight the detail is noise (docs/decisions/stage-3.md)
#: Texels of the other edge that the atlas gets on either side: it goes around the head.
AROUND = 16


def job_times() -> torch.Tensor:
    """(STEPS,) the times that a job goes through: at each the detail is guessed, and noised anew for the next (Sauer et
    al., arXiv 2311.17042)."""
    return torch.linspace(TIMES - 1, 0, STEPS + 1).round().long()[:-1]


@torch.no_grad()
def repaint(work: Work, completion: np.ndarray, share: float = 1.0) -> np.ndarray:
    """Paint the detail that the completion lacks; visible detail is taken over whatever the share. See stage.Stage."""
    networks = work.networks
    start, (colour, confidence) = to_tensor(completion, networks.device), work.observation.tensors(networks.device)
    sure, usual = how_sure(confidence), networks.usual
    visible = to_units(fine(colour - start, sure), usual)
    clean, times = torch.zeros_like(start), job_times() if share else ()
    context = conditions(start, visible, sure, networks.geometry, usual) if share else clean
    style, kept = networks.style(work.observation.style), kept_signal().to(networks.device)
    random = torch.Generator().manual_seed(work.options.seed)
    for i, time in enumerate(times):
        noisy = noised(clean, kept[time], random)
        given = (F.pad(part, (AROUND, AROUND, 0, 0), mode="circular") for part in (noisy, context))
        clean = networks.repainter(*given, time.expand(1).to(start.device), style)[..., AROUND:-AROUND]
        clean = clean + sure * (visible - clean)
        work.on_step((i + 1) / STEPS)
    everywhere = torch.ones_like(sure)
    painted = share * from_units(clean, usual)
    painted = fine(painted, everywhere)  # tone is not this stage's
    return to_picture(start + painted + sure * (from_units(visible, usual) - painted))
