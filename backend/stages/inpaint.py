"""Stage 1: diffusion inpainting of what the portrait shows (AvatarTex, arXiv 2511.06721, texture initialisation).

The priors' completion is the start; the network, trained on hidden skin of people that its priors never saw, shifts it
towards the person (ResShift, Yue et al., arXiv 2307.12348, eq. 6 and 7 about the start). From no noise in one step it
gives the mean of what is possible; from noise in several steps a sample, whose visible texels are imposed at each step
(RePaint, Lugmayr et al., arXiv 2201.09865).
"""

from __future__ import annotations

import itertools

import numpy as np

from ..models.bundle import Networks
from ..networks.conditions import SCALE
from ..networks.noise import OCTAVES, draw_noise
from ..networks.planes import to_picture, to_planes
from ..observation.observe import SURE
from .stage import AtlasObservation, Work

#: Shares of the way from the truth to the start at which a sample is looked at, and the end; of the mean.
SAMPLED, MEAN = (1.0, 0.85, 0.6, 0.35, 0.15, 0.0), (1.0, 0.0)
#: The noise of a sample is coarse alone: what is finer than the network's patches it cannot take out again, and in the
#: next octave it leaves stains on necks.
COARSE = (0.0,) * 4 + OCTAVES[4:]


def inpaint(work: Work, completion: np.ndarray, share: float = 1.0) -> np.ndarray:
    """Add to the priors' completion what they cannot say of this person. See stage.Stage.

    The mean of what is possible, or with options.another a sample, by the seed.
    """
    if not share:
        return completion
    options, shown = work.options, work.observation
    known = (shown.color - completion) / SCALE
    sure = np.clip(shown.confidence / SURE, 0, 1)[..., None]
    random = np.random.default_rng(options.seed)
    residual = draw_noise(random, COARSE) if options.another else np.zeros_like(completion)
    etas = SAMPLED if options.another else MEAN
    for i, (eta, after) in enumerate(itertools.pairwise(etas)):
        clean = predict(work.networks, residual, completion, shown, eta)
        if after:
            clean = clean + sure * (known - clean)
            noise = (after / eta * (eta - after)) ** 0.5 * draw_noise(random, COARSE)
            residual = after / eta * residual + (1 - after / eta) * clean + noise
        work.on_step((i + 1) / (len(etas) - 1))
    return np.clip(completion + share * SCALE * clean, 0, 1, dtype=np.float32)


def predict(
    networks: Networks, residual: np.ndarray, start: np.ndarray, shown: AtlasObservation, eta: float
) -> np.ndarray:
    """(S,S,3) the clean residual: the mean of what the network says of the picture and of its mirror image."""
    parts = (residual, start, shown.color, shown.confidence[..., None])
    given = [to_planes(part, part[:, ::-1]) for part in parts]
    clean, _ = networks.completer(*given, np.float32([eta, eta]), networks.style(shown.style).repeat(2))
    return to_picture(clean[0] + clean[1][..., ::-1]) / 2
