"""Stage 2: inversion and optimisation in the W+ space of the texture generator (AvatarTex, texture correction).

The encoder says where to start; a few steps of Adam follow what the portrait showed, by confidence; the coarse
layers are held and the fine ones free. What stage 1 invented counts little: the generator's space decides there.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from ..models.bundle import Networks
from .observation import AtlasObservation, OnStep, to_picture, to_tensor

STEPS, RATE = 30, 0.02
#: Weight of texels that stage 1 invented, against 1 for observed ones.
INVENTED = 0.25
#: Pull back to the encoder's w, coarse layers to fine (the released code's linspace(1, 0.01)).
PULL = (0.02, 0.0005)
#: How much of an unseen texel comes from the generator, the rest from stage 1: two estimates of one thing, averaged.
TRUST = 0.5
#: Texels per side of the gain and bias maps (Athar et al., ECCV 2024, k = 32 at 1024).
MAPS = 8


@dataclass(frozen=True)
class LatentFit:
    """color: (S,S,3) float32 sRGB. w_plus: (1,LAYERS,LATENT). loss: of the last step."""

    color: np.ndarray
    w_plus: Tensor
    loss: float


def fit_latent(
    observation: AtlasObservation, completed: np.ndarray, networks: Networks, *, steps: int = STEPS,
    on_step: OnStep | None = None,
) -> LatentFit:
    """Find the W+ whose texture explains the observation and, more weakly, the completion.

    Args:
        completed: (S,S,3) sRGB, the result of stage 1.
    """
    device, style = networks.device, networks.style(observation.style)
    colour, confidence = observation.tensors(device)
    first = to_tensor(completed, device)
    target = first * (1 - confidence) + colour * confidence
    weight = INVENTED + (1 - INVENTED) * confidence
    coefficients = networks.linear.fit_coefficients(observation.color, observation.confidence)
    canvas = to_tensor(networks.linear.complete(observation.color, observation.confidence, coefficients), device)
    scaled = torch.from_numpy(coefficients / networks.linear.deviation)[None].float().to(device)
    with torch.no_grad():
        anchor = networks.encoder(first, confidence, scaled, canvas)
    w_plus = anchor.clone().requires_grad_(True)
    pull = torch.linspace(PULL[0], PULL[1], anchor.shape[1], device=device)[None, :, None]
    optimiser = torch.optim.Adam([w_plus], lr=RATE, betas=(0.9, 0.99))
    loss = torch.zeros(())
    for i in range(steps):
        texture = networks.generator(w_plus, style)
        error = ((texture - target).square() * weight).sum() / (3 * weight.sum())
        loss = 100 * error + (pull * (w_plus - anchor).square()).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        if on_step:
            on_step((i + 1) / steps)
    with torch.no_grad():
        texture = networks.generator(w_plus, style)
    fitted = to_picture(texture)
    fitted = match_tone(fitted, observation.color, observation.confidence)
    trust = TRUST * (1 - observation.confidence[..., None])
    return LatentFit(np.clip(completed + trust * (fitted - completed), 0, 1), w_plus.detach(), float(loss.detach()))


def match_tone(fitted: np.ndarray, colour: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """Low-resolution gain and bias that bring the fit's colours to the observed ones, fading to none where nothing
    was seen: argmin |I* - (up(G) I + up(B))|, by local least squares with a pull to gain 1 and bias 0."""
    sigma = len(fitted) / MAPS

    def smooth(values: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(values.astype(np.float32), (0, 0), sigma)

    weight = confidence[..., None].repeat(3, 2)
    total = smooth(weight) + 0.05
    x, y = smooth(weight * fitted) / total, smooth(weight * colour) / total
    variance = np.maximum(smooth(weight * fitted**2) / total - x**2, 0)
    covariance = smooth(weight * fitted * colour) / total - x * y
    gain = np.clip((covariance + 0.02) / (variance + 0.02), 0.7, 1.4)
    seen = smooth(weight) / total
    bias = (y - gain * x) * seen
    return np.clip((1 + (gain - 1) * seen) * fitted + bias, 0, 1)
