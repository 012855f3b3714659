"""Stage 3: diffusion repainting of the latent result (AvatarTex, texture refinement; SDEdit, arXiv 2108.01073).

Guided by the gradients and wavelet bands of the observed texels as conditions, in training and inference alike.
"""

from __future__ import annotations

import numpy as np

from ..models.bundle import Networks
from ..networks.denoiser import repaint_conditions
from .denoise import denoise
from .observation import AtlasObservation, OnStep, to_picture, to_tensor

STEPS = 2
#: Noise on the latent result, in units of the denoiser's scale (0.12 sRGB): part of the way, as SDEdit does.
STRENGTH = 0.5


def repaint(
    observation: AtlasObservation, latent_color: np.ndarray, networks: Networks, *, seed: int,
    strength: float = STRENGTH, on_step: OnStep | None = None,
) -> np.ndarray:
    """Noise the latent result part of the way and denoise it back with the portrait's detail: (S,S,3) sRGB.

    Args:
        latent_color: (S,S,3) sRGB of stage 2. strength: 0..1, how much it is noised.
    """
    colour, confidence = observation.tensors(networks.device)
    start = to_tensor(latent_color, networks.device)
    conditions = repaint_conditions(start, colour, confidence, networks.geometry)
    result = denoise(
        networks.repainter, start, conditions, networks.style(observation.style),
        first_time=999, steps=STEPS, temperature=strength, seed=seed, on_step=on_step,
    )
    return to_picture(result)
