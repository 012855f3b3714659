"""How far a stage is followed, 0 to 1: what the portrait shows is hidden in part and made again.

The stage that makes hidden skin better is followed, as far as it does (cross-validated evidence: Geisser, "The
Predictive Sample Reuse Method", 1975): the share of its way that leaves the least squared error has a closed form. How
sure that is shows in how far its patches agree; what they leave open, the usual share decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import torch

from ..job import StageOptions
from ..models.bundle import Networks
from ..networks.detail import fine
from .stage import AtlasObservation, Stage, to_tensor

#: Patches of the atlas per side, of which every other one is hidden; so many per side count as one observation, for the
#: errors of neighbours go together.
PATCHES, TOGETHER = 16, 2
#: Mean and deviation of a stage's share before a portrait is looked at.
USUAL = {"inpaint": (1.0, 0.25), "latent": (0.0, 0.35), "repaint": (0.0, 0.35)}
#: Stages that change nothing but fine detail.
FINE = ("repaint",)
#: Share below which a stage is left out: it is worth less than it costs.
LEAST = 0.05


def find_shares(
    seen: AtlasObservation,
    networks: Networks,
    stages: Mapping[str, Stage],
    people: float,
    step: Callable[[str], None] = lambda stage: None,
) -> dict[str, float]:
    """Name -> share of each of the stages, one after the other.

    Args:
        people: the share of the people's prior (Experts.complete). step: called with each name; may raise.
    """
    hidden = checkered(len(seen.confidence))
    kept, weight = replace(seen, confidence=seen.confidence * ~hidden), seen.confidence * hidden
    completion, shares = networks.experts.complete(kept.color, kept.confidence, people), {}
    for name, stage in stages.items():
        step(name)
        moved = stage(kept, completion, networks, StageOptions(quick=True)) - completion
        wanted = seen.color - completion
        if name in FINE:
            wanted = fine_of(wanted, weight)
        shares[name] = share_of(moved, wanted, weight, *USUAL[name])
        completion = completion + np.float32(shares[name]) * moved
    return shares


def checkered(size: int) -> np.ndarray:
    """(size,size) bool, every other of PATCHES squared patches."""
    y, x = np.mgrid[:size, :size] * PATCHES // size
    return (x + y) % 2 == 0


def fine_of(picture: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(S,S,3) what a (S,S,3) picture has of fine detail where its (S,S) weight is."""
    return fine(to_tensor(picture, "cpu"), torch.from_numpy(weight)[None, None])[0].permute(1, 2, 0).numpy()


def share_of(moved: np.ndarray, wanted: np.ndarray, weight: np.ndarray, mean: float, spread: float) -> float:
    """The likeliest share, 0 to 1, of a way (S,S,3) that leads to where it is wanted (S,S,3), counted by weight (S,S).

    Args:
        mean, spread: of the share before a portrait was looked at.
    """
    found, variance = evidence_of(moved, wanted, weight)
    likeliest = (found * spread**2 + mean * variance) / (spread**2 + variance) if np.isfinite(variance) else mean
    return min(1.0, float(likeliest)) if likeliest >= LEAST else 0.0


def evidence_of(moved: np.ndarray, wanted: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """The share of least squared error and its variance, by how far patches agree; infinite where nothing moves."""
    along, far = (by_patch((moved * other).sum(-1) * weight) for other in (wanted, moved))
    if not far.any():
        return 0.0, np.inf
    share = along.sum() / far.sum()
    return share, float(((along - share * far) ** 2).sum() / far.sum() ** 2)


def by_patch(values: np.ndarray) -> np.ndarray:
    """(n,) float64 sums of (S,S) over squares of TOGETHER patches."""
    side = TOGETHER * len(values) // PATCHES
    return values.astype(np.float64).reshape(len(values) // side, side, -1, side).sum((1, 3)).ravel()
