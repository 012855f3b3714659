"""Stage 2: the completion corrected in the W+ space of the texture generator (AvatarTex, texture correction).

A completion is projected: the canvas's rows are fitted in closed form but for the bending, the layers' rows come from
the encoder. Where the generator explains what the portrait shows better than the completion does, a search goes on from
there, down the squared error to what is visible and, weaker, to the completion, near its start. What the generator
cannot say of the completion is carried past it (Wang et al., "High-Fidelity GAN Inversion", CVPR 2022).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..models.bundle import Networks
from ..observation.observe import SURE
from .stage import OnStep, Work, to_picture, to_tensor

#: Share from which the generator's texture is nearer to hidden skin than the completion. Of drawings over it a search
#: gains 0.08 dB beside the projection, of those below it loses 0.05 (decision 67).
SEARCHED = 0.5
#: Steps of Adam (Kingma and Ba, arXiv 1412.6980) and the first one's rate, which falls to nothing.
STEPS, RATE = 20, 0.015
#: Weight of the completion beside what is visible; of the way from the start, beside errors of TEXEL sRGB.
COMPLETION, NEAR, TEXEL = 0.5, 0.05, 0.05


def fit_latent(work: Work, completion: np.ndarray, share: float = 1.0) -> np.ndarray:
    """Find the completion's W+ and go part of the way to the generator's texture. See stage.Stage."""
    if not share:
        return completion
    networks, observation = work.networks, work.observation
    completed, (colour, confidence) = to_tensor(completion, networks.device), observation.tensors(networks.device)
    sure, style = (confidence / SURE).clamp(0, 1), networks.style(observation.style)
    w_plus = project(networks, completed, confidence)
    if share > SEARCHED and not work.options.quick:
        target, weight = completed + sure * (colour - completed), sure + COMPLETION * (1 - sure)
        w_plus = search(networks, target, weight, w_plus, style, work.on_step)
    with torch.no_grad():
        made = networks.generator(w_plus, style)
    return to_picture(completed + share * (made - completed))


@torch.no_grad()
def project(networks: Networks, completed: Tensor, confidence: Tensor) -> Tensor:
    """(B,ROWS,LATENT) the W+ where a search starts.

    Args:
        completed: (B,3,S,S) sRGB. confidence: (B,1,S,S).
    """
    rows, canvas = networks.generator.project(completed)
    return torch.cat([rows, networks.encoder(completed, confidence, canvas)[0]], 1)


def search(networks: Networks, target: Tensor, weight: Tensor, start: Tensor, style: Tensor, on_step: OnStep) -> Tensor:
    """(1,ROWS,LATENT) the W+ whose texture is nearest to the target, near the start.

    Args:
        target: (1,3,S,S) sRGB. weight: (1,1,S,S). start: (1,ROWS,LATENT). style: (1,) int64.
    """
    w_plus = start.clone().requires_grad_()
    descent = torch.optim.Adam([w_plus], betas=(0.9, 0.99))
    with torch.enable_grad():
        for step in range(STEPS):
            error = ((networks.generator(w_plus, style) - target).square() * weight).sum() / (3 * weight.sum())
            loss = error / TEXEL**2 + NEAR * (w_plus - start).square().mean()
            descent.param_groups[0]["lr"] = RATE * (1 - step / STEPS)
            [w_plus.grad] = torch.autograd.grad(loss, w_plus)
            descent.step()
            on_step((step + 1) / STEPS)
    return w_plus.detach()
