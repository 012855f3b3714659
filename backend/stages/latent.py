"""Stage 2: inversion and optimisation in the W+ space of the texture generator (AvatarTex, texture correction).

The canvas's rows are optimised against what the portrait shows: robustly, under leftover light, by exact steps, for the
canvas is linear in them. The layers' rows come from the encoder. What the generator cannot say of the completion is
carried past it (Wang et al., "High-Fidelity GAN Inversion", CVPR 2022).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from ..models.bundle import Networks
from .observation import AtlasObservation, OnStep, to_picture, to_tensor

#: How far from what was seen stage 1 is believed, as a share of the atlas: on rendered portraits of training faces that
#: the networks were not shown, the best share of what it adds falls from 1 there over 0.6 at 3 texels to 0.2 at 24.
REACH = 0.1
#: How far the result goes from the completion to the generator's texture, where the portrait was seen and where not,
#: chosen likewise.
FINE_SEEN, FINE_UNSEEN = 0.25, 0.5
#: A robust fit that explains what was seen worse than the plain one by this factor took it for outliers: flat dark
#: hair, drawn shades. On faces left out, rendered and drawn, 1.5 gains 0.04 dB, 1.2 costs 0.2.
GUARD = 1.5
#: How far the robust fit is believed against the plain one, by style: flat tones leave no light that it could take out,
#: and what it takes for an outlier is drawn. On faces left out, rendered and drawn: 0.15 and 0.2 dB.
BELIEVED = {"photo": 0.7, "painting": 0.7, "cartoon": 0.5, "anime": 0.25}
#: Confidence from which a texel counts as seen.
SURE = 0.3


@dataclass(frozen=True)
class LatentFit:
    """color: (S,S,3) float32 sRGB. w_plus: (1,ROWS,LATENT)."""

    color: np.ndarray
    w_plus: Tensor


def fit_latent(
    observation: AtlasObservation, completed: np.ndarray, networks: Networks, *, on_step: OnStep | None = None,
) -> LatentFit:
    """Find the W+ whose texture explains the observation and correct the completion by it.

    Args:
        completed: (S,S,3) sRGB, the result of stage 1.
    """
    colour, confidence = observation.color, observation.confidence
    plain = networks.linear.complete(colour, confidence)
    robust = networks.linear.complete(colour, confidence, networks.light)
    if misfit(robust, colour, confidence) > GUARD * misfit(plain, colour, confidence):
        robust = plain
    robust = plain + BELIEVED[observation.style] * (robust - plain)
    if on_step:
        on_step(0.7)
    pictures = (to_tensor(picture, networks.device) for picture in (completed, plain, robust))
    with torch.no_grad():
        corrected, w_plus = correct(
            networks, *pictures, observation.tensors(networks.device)[1], networks.style(observation.style),
        )
    if on_step:
        on_step(1.0)
    return LatentFit(to_picture(corrected), w_plus)


def correct(
    networks: Networks, completed: Tensor, plain: Tensor, robust: Tensor, confidence: Tensor, style: Tensor,
) -> tuple[Tensor, Tensor]:
    """(B,3,S,S) the corrected completion, and its W+ (B,ROWS,LATENT).

    Args:
        completed: (B,3,S,S) sRGB of stage 1. plain, robust: the linear completions that stage 1 began with, and with
            the optimised canvas. confidence: (B,1,S,S). style: (B,) int64.
    """
    sure = (confidence / SURE).clamp(0, 1)
    moved = robust + (completed - plain) * nearness(confidence)
    rows, canvas = networks.generator.project(moved)
    layers, _ = networks.encoder(moved, confidence, canvas)
    w_plus = torch.cat([rows, layers], 1)
    made = networks.generator(w_plus, style)
    return moved + (made - moved) * (FINE_SEEN * sure + FINE_UNSEEN * (1 - sure)), w_plus


def misfit(texture: np.ndarray, colour: np.ndarray, confidence: np.ndarray) -> float:
    """Mean squared difference of what was seen, (S,S,3) each, by (S,S) confidence."""
    return float((((texture - colour) ** 2).mean(2) * confidence).sum() / max(float(confidence.sum()), 1e-6))


def nearness(confidence: Tensor) -> Tensor:
    """(B,1,S,S) 0..1 of (B,1,S,S): 1 where seen, falling by e within REACH."""
    unseen = (confidence[:, 0] <= SURE).cpu().numpy().astype(np.uint8)
    distance = np.stack([cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) for mask in unseen])
    return torch.from_numpy(np.exp(-distance / (REACH * unseen.shape[-1])))[:, None].to(confidence)
