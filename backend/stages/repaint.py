"""Stage 3: diffusion repainting of the latent result (AvatarTex, texture refinement; SDEdit, arXiv 2108.01073).

Guided by the gradients and wavelet bands of the observed texels: as conditions of the network, in training and
inference alike, and as a last step of guidance towards the detail that the portrait shows (the idea of diffusion
posterior sampling, Chung et al., arXiv 2209.14687).
"""

from __future__ import annotations

import cv2
import numpy as np

from ..job import StageOptions
from ..models.bundle import Networks
from ..networks.conditions import repaint_conditions
from .denoise import averaged, denoise, with_mirrored
from .latent import SURE
from .stage import AtlasObservation, OnStep, to_picture, to_tensor

STEPS = 1
#: Noise on the latent result, in units of the denoiser's scale (0.12 sRGB): part of the way, as SDEdit does.
STRENGTH = 0.5
#: How much of the repainting is kept, only where something was seen: elsewhere it cost 0.06 dB on rendered portraits of
#: faces that the network was not shown, and a quarter of it gains 0.02 dB where seen.
TRUST = 0.25
#: How far the guidance goes towards the observed detail, and what counts as detail, as a share of the atlas; what is
#: coarser is the light's. On such portraits 27.5 dB seen against 26.8 without and 26.6 going all the way.
GUIDANCE, DETAIL = 0.6, 1 / 16
#: How much of that goes to the other side where that was not seen: drawn and rendered observations of training faces
#: gain 0.3 to 1.1 dB there (ink and pencil 0.1); with a quarter, or all, of the detail about half.
MIRRORED = 0.8
#: Softness of its border, as a share of the atlas.
BORDER = 1.5 / 256
#: What StageOptions.without may name, and the channels of repaint_conditions() that hold it.
PARTS = {"gradients": (7, 8), "wavelet band": (9,), "guidance": ()}


def repaint(
    observation: AtlasObservation,
    completion: np.ndarray,
    networks: Networks,
    options: StageOptions,
    on_step: OnStep | None = None,
) -> np.ndarray:
    """Noise the latent result part of the way and denoise it back with the portrait's detail. See stage.Stage."""
    latent = to_tensor(completion, networks.device)
    start, colour, confidence = with_mirrored(latent, *observation.tensors(networks.device))
    conditions = repaint_conditions(start, colour, confidence, networks.geometry)
    conditions[:, [channel for part in options.without for channel in PARTS[part]]] = 0
    result = denoise(
        networks.repainter,
        start,
        conditions,
        networks.style(observation.style),
        first_time=999,
        steps=STEPS,
        temperature=STRENGTH,
        seed=options.seed,
        on_step=on_step,
    )
    sure = np.clip(observation.confidence / SURE, 0, 1)[..., None]
    repainted = completion + TRUST * sure * (to_picture(averaged(result)) - completion)
    if "guidance" in options.without:
        return np.clip(repainted, 0, 1).astype(np.float32)
    detail = GUIDANCE * sure * fine(observation.color - repainted, observation.confidence)
    there = cv2.GaussianBlur(sure[:, ::-1] ** 2, (0, 0), BORDER * len(sure))[..., None] * (1 - sure)
    return np.clip(repainted + detail + MIRRORED * there * detail[:, ::-1], 0, 1).astype(np.float32)


def fine(picture: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """(S,S,3) without what is coarser than DETAIL, averaged by (S,S) confidence."""
    sigma = DETAIL * len(picture)
    weight = cv2.GaussianBlur(confidence.astype(np.float32), (0, 0), sigma)[..., None] + 0.02
    coarse = cv2.GaussianBlur((picture * confidence[..., None]).astype(np.float32), (0, 0), sigma) / weight
    return picture - coarse
