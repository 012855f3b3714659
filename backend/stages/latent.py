"""Stage 2: the completion corrected in the W+ space of the texture generator (AvatarTex, texture correction).

A completion is projected: the canvas is fitted in closed form but for its bending, the layers' rows of W+ come from the
encoder. What the generator cannot say of the completion is carried past it (Wang et al., "High-Fidelity GAN Inversion",
CVPR 2022).
"""

from __future__ import annotations

import numpy as np

from ..models.bundle import Networks
from ..networks.planes import to_picture, to_planes
from .canvas import project
from .stage import AtlasObservation, Work


def fit_latent(work: Work, completion: np.ndarray, share: float = 1.0) -> np.ndarray:
    """Find the completion's W+ and go part of the way to the generator's texture. See stage.Stage."""
    if not share:
        return completion
    made = regenerated(work.networks, completion, work.observation)
    work.on_step(1.0)
    return np.clip(completion + share * (made - completion), 0, 1, dtype=np.float32)


def regenerated(networks: Networks, completion: np.ndarray, shown: AtlasObservation) -> np.ndarray:
    """(S,S,3) sRGB, the generator's version of a completion."""
    canvas = to_planes(project(networks.canvas, completion)[-1])
    layers, _ = networks.encoder(to_planes(completion), to_planes(shown.confidence[..., None]), canvas)
    [made] = networks.generator(canvas, layers, networks.styles[networks.style(shown.style)])
    return to_picture(made[0])
