"""Stage 2: optimisation in the W+ space of the texture generator (AvatarTex, texture correction), of flat drawings.

The search starts from the completion's projection: the canvas's rows are fitted in closed form but for the bending, the
layers' rows come from the encoder. It goes down the squared error to what was seen and, weaker, to the completion, and
stays near its start. What the generator cannot say of the completion is carried past it (Wang et al., "High-Fidelity
GAN Inversion", CVPR 2022).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..job import StageOptions
from ..models.bundle import Networks
from .stage import AtlasObservation, OnStep, to_picture, to_tensor

#: Styles that gain: of people painted as anime hidden skin gains 0.5 dB, as cartoons 0.0, as paintings -0.1; of
#: photographs it loses 0.3 (decision 53).
SEARCHED = {"anime"}
#: How far the result goes from the completion to the generator's texture, where the portrait was seen and where not.
SEEN, UNSEEN = 0.25, 0.5
#: Steps of Adam (Kingma and Ba, arXiv 1412.6980) and the first one's rate, which falls to nothing.
STEPS, RATE = 20, 0.05
#: Weight of the completion beside what was seen; of the way from the start, beside errors of TEXEL sRGB.
COMPLETION, NEAR, TEXEL = 0.5, 0.01, 0.05
#: Confidence from which a texel counts as seen.
SURE = 0.3


def fit_latent(
    observation: AtlasObservation,
    completion: np.ndarray,
    networks: Networks,
    options: StageOptions,
    on_step: OnStep | None = None,
) -> np.ndarray:
    """Find the W+ of a flat drawing and correct its completion by the generator's texture; others stay as they are. See
    stage.Stage."""
    if observation.style not in SEARCHED:
        return completion
    completed, (colour, confidence) = to_tensor(completion, networks.device), observation.tensors(networks.device)
    sure, style = (confidence / SURE).clamp(0, 1), networks.style(observation.style)
    target, weight = completed + sure * (colour - completed), sure + COMPLETION * (1 - sure)
    w_plus = search(networks, target, weight, project(networks, completed, confidence), style, on_step)
    with torch.no_grad():
        made = networks.generator(w_plus, style)
    return to_picture(completed + (made - completed) * (SEEN * sure + UNSEEN * (1 - sure)))


@torch.no_grad()
def project(networks: Networks, completed: Tensor, confidence: Tensor) -> Tensor:
    """(B,ROWS,LATENT) the W+ where a search starts.

    Args:
        completed: (B,3,S,S) sRGB. confidence: (B,1,S,S).
    """
    rows, canvas = networks.generator.project(completed)
    return torch.cat([rows, networks.encoder(completed, confidence, canvas)[0]], 1)


def search(
    networks: Networks, target: Tensor, weight: Tensor, start: Tensor, style: Tensor, on_step: OnStep | None = None
) -> Tensor:
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
            if on_step:
                on_step((step + 1) / STEPS)
    return w_plus.detach()
