"""Stage 2: projection into the W+ space of the texture generator (AvatarTex, texture correction; nothing is optimised).

The canvas's rows are fitted to the completion, which is linear but for the bending; the layers' rows come from the
encoder. What the generator cannot say of the completion is carried past it (Wang et al., "High-Fidelity GAN
Inversion", CVPR 2022).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..job import StageOptions
from ..models.bundle import Networks
from ..networks.conditions import STYLES
from .stage import AtlasObservation, OnStep, to_picture, to_tensor

#: How far the result goes from the completion to the generator's texture, where the portrait was seen and where not.
#: Half where not helps flat drawings: of people painted as anime hidden skin gains 0.4 dB, as cartoons 0.0 and as
#: paintings -0.1; of photographs, which the generator does not know, it loses 0.1 to 0.3.
FLAT, OTHERS = (0.25, 0.5), (0.05, 0.1)
#: Confidence from which a texel counts as seen.
SURE = 0.3


def fit_latent(
    observation: AtlasObservation,
    completion: np.ndarray,
    networks: Networks,
    options: StageOptions,
    on_step: OnStep | None = None,
) -> np.ndarray:
    """Find the W+ of the completion and correct the completion by its texture. See stage.Stage."""
    with torch.no_grad():
        corrected, _ = correct(
            networks,
            to_tensor(completion, networks.device),
            observation.tensors(networks.device)[1],
            networks.style(observation.style),
        )
    if on_step:
        on_step(1.0)
    return to_picture(corrected)


def correct(networks: Networks, completed: Tensor, confidence: Tensor, style: Tensor) -> tuple[Tensor, Tensor]:
    """(B,3,S,S) the corrected completion, and its W+ (B,ROWS,LATENT).

    Args:
        completed: (B,3,S,S) sRGB of stage 1. confidence: (B,1,S,S). style: (B,) int64.
    """
    sure = (confidence / SURE).clamp(0, 1)
    rows, canvas = networks.generator.project(completed)
    layers, _ = networks.encoder(completed, confidence, canvas)
    w_plus = torch.cat([rows, layers], 1)
    made = networks.generator(w_plus, style)
    flat = (style == STYLES.index("anime"))[:, None, None, None]
    seen, unseen = (torch.where(flat, a, b) for a, b in zip(FLAT, OTHERS, strict=True))
    return completed + (made - completed) * (seen * sure + unseen * (1 - sure)), w_plus
