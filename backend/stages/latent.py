"""Stage 2: the completion corrected in the W+ space of the texture generator (AvatarTex, texture correction).

A completion is projected: the canvas's rows are fitted in closed form but for the bending, the layers' rows come from
the encoder. What the generator cannot say of the completion is carried past it (Wang et al., "High-Fidelity GAN
Inversion", CVPR 2022).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..models.bundle import Networks
from .stage import Work, to_picture, to_tensor


@torch.no_grad()
def fit_latent(work: Work, completion: np.ndarray, share: float = 1.0) -> np.ndarray:
    """Find the completion's W+ and go part of the way to the generator's texture. See stage.Stage."""
    if not share:
        return completion
    networks, observation = work.networks, work.observation
    completed, (_, confidence) = to_tensor(completion, networks.device), observation.tensors(networks.device)
    made = networks.generator(project(networks, completed, confidence), networks.style(observation.style))
    work.on_step(1.0)
    return to_picture(completed + share * (made - completed))


@torch.no_grad()
def project(networks: Networks, completed: Tensor, confidence: Tensor) -> Tensor:
    """(B,ROWS,LATENT) the W+ of a completion.

    Args:
        completed: (B,3,S,S) sRGB. confidence: (B,1,S,S).
    """
    rows, canvas = networks.generator.project(completed)
    return torch.cat([rows, networks.encoder(completed, confidence, canvas)[0]], 1)
