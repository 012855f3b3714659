"""How far a stage is followed, 0 to 1: what the portrait shows is hidden in part and made again.

The stage that makes hidden skin better is followed, as far as it does (cross-validated evidence: Geisser, "The
Predictive Sample Reuse Method", 1975): the share of its way that leaves the least squared error has a closed form. How
sure that is shows in how far the parts of the face agree; what they leave open, the usual share decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from ..models.bundle import Networks
from .stage import AtlasObservation, Stage, Work

#: Patches of the atlas per side, of which every other one is hidden and each counts as one observation: large enough
#: that their middle is not copied from beside them, small enough that a strip of a face has several. 5 to 16 patches
#: differ by less than their errors.
PATCHES = 8
#: Mean and deviation of a stage's share before a portrait is looked at, and the deviation by which the share between
#: visible patches is not that where nothing shows. Stage 1 is trained to say the mean of what is possible, so it is
#: right as a rule; stage 2 has to show that it is. The other side's are those of 40 training people, half of whose face
#: was hidden. Stage 3 is given how strong visible detail is, and the share of what it paints of it that is right, 0.3
#: on 10 training people in four styles, shows on no portrait.
USUAL = {
    "inpaint": (1.0, 0.3, 0.5),
    "mirror": (0.23, 0.41, 0.34),
    "latent": (0.0, 0.8, 0.5),
    "repaint": (0.3, 0.0, 0.0),
}
#: Share below which a stage is left out: it is worth less than its time.
LEAST = 0.05


def find_shares(
    seen: AtlasObservation,
    networks: Networks,
    stages: Mapping[str, Stage],
    people: float,
    step: Callable[[], None] = lambda: None,
) -> dict[str, float]:
    """Name -> share of each of the stages, one after the other.

    Args:
        people: the share of the people's prior (Experts.complete). step: called before each; may raise.
    """
    hidden = checkered(len(seen.confidence))
    kept, weight = replace(seen, confidence=seen.confidence * ~hidden), seen.confidence * hidden
    completion, shares = networks.experts.complete(kept.color, kept.confidence, people), {}
    for name, stage in stages.items():
        step()
        usual = USUAL[name]
        if not usual[1]:
            shares[name] = usual[0]
            continue
        moved = stage(Work(kept, networks), completion) - completion
        shares[name] = share_of(moved, seen.color - completion, weight, usual)
        completion = completion + np.float32(shares[name]) * moved
    return shares


def checkered(size: int) -> np.ndarray:
    """(size,size) bool, every other of PATCHES squared patches."""
    y, x = np.mgrid[:size, :size] * PATCHES // size
    return (x + y) % 2 == 0


def share_of(moved: np.ndarray, wanted: np.ndarray, weight: np.ndarray, usual: tuple[float, float, float]) -> float:
    """The likeliest share, 0 to 1, of a way (S,S,3) that leads to where it is wanted (S,S,3), counted by weight (S,S).

    Args:
        usual: of USUAL.
    """
    (mean, spread, elsewhere), (found, variance) = usual, evidence_of(moved, wanted, weight)
    if not np.isfinite(variance):
        return mean
    variance += elsewhere**2
    likeliest = (np.clip(found, 0, 1) * spread**2 + mean * variance) / (spread**2 + variance)
    return float(likeliest) if likeliest >= LEAST else 0.0


def evidence_of(moved: np.ndarray, wanted: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """The share of least squared error and its variance, by how far parts agree; infinite where nothing moves."""
    along, far = (by_patch((moved * other).sum(-1) * weight) for other in (wanted, moved))
    if not far.any():
        return 0.0, np.inf
    share = along.sum() / far.sum()
    return share, float(((along - share * far) ** 2).sum() / far.sum() ** 2)


def by_patch(values: np.ndarray) -> np.ndarray:
    """(n,) float64 sums of (S,S) over the patches."""
    side = len(values) // PATCHES
    return values.astype(np.float64).reshape(len(values) // side, side, -1, side).sum((1, 3)).ravel()
