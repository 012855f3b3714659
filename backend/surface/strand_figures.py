"""How long and how curly strands are, from how light and dark go on along them and across them.

What a portrait shows of its strands is followed pixel by pixel; what the figures mean is learnt from strands that were
drawn with known lengths and curls (lab/training/strand_figures.py).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from ..imaging.bands import inner, smooth
from ..imaging.sample import sample
from ..observation.observe import at_pixels
from ..verified import verified_arrays

#: By lab/training/strand_figures.py. least, most, mean, deviation: (F,) of strand_features(); weight: (P,2) of
#: quadratic(), to the logarithm of length + SHORTEST and to curl. lowest, highest: (2,) of what was drawn.
FIGURES = Path(__file__).with_name("strand_figures.npz")
#: Face heights that are added to a length, so that dots have a logarithm.
SHORTEST = 0.01
#: Face heights of a step, and steps; places from where strands are followed.
STEP, STEPS, FOLLOWED = 0.01, 24, 3000
#: Pixels of hair that say anything of its strands.
ENOUGH = 300
#: Steps at which correlations are asked for along strands and across them, and their turning.
ALONG, ACROSS, TURNS = (1, 2, 3, 5, 8, 12, 18, 24), (1, 2, 3, 5, 8), (1, 3, 6, 12, 18, 24)


def length_and_curl(features: np.ndarray) -> tuple[float, float]:
    """Face heights of strands, and radians by which they swing: the likeliest of (F,) strand_features()."""
    learnt = figures()
    drawn = np.clip(features, learnt["least"], learnt["most"])  # what no drawing had is not known
    told = quadratic((drawn - learnt["mean"]) / learnt["deviation"]) @ learnt["weight"]
    log, curl = np.clip(told, learnt["lowest"], learnt["highest"])
    return float(np.exp(log)) - SHORTEST, float(curl)


def quadratic(features: np.ndarray) -> np.ndarray:
    """(…,1 + F + F(F+1)/2) one, features, and their products."""
    first, second = np.triu_indices(features.shape[-1])
    one = np.ones_like(features[..., :1])
    return np.concatenate([one, features, features[..., first] * features[..., second]], -1)


def strand_features(light: np.ndarray, mask: np.ndarray, coherent: np.ndarray, density: float) -> np.ndarray | None:
    """(F,) correlations of light and dark along strands, across them, how far strands have turned on the way, and the
    mean and deviation of how decided their direction is; None where too little shows.

    Args:
        light: (H,W) luminance. mask: (H,W) bool. coherent: (H,W,2) of coherence(). density: pixels per face height.
    """
    fine = light - smooth(light[..., None], mask, STEP * density)[..., 0]
    rows, columns = np.nonzero(inner(mask, 1))
    if len(rows) < ENOUGH:
        return None
    chosen = np.random.default_rng(0).integers(len(rows), size=FOLLOWED)
    start = np.stack([columns[chosen], rows[chosen]], 1) + 0.5
    decided = np.linalg.norm(coherent, axis=-1)
    ways = coherent / np.maximum(decided, 1e-9)[..., None]
    along, turns = follow(fine, mask, ways, start, STEP * density, 0.0)
    across, _ = follow(fine, mask, ways, start, STEP * density, np.pi / 2)
    sure = decided[mask]
    return np.concatenate(
        [
            along[np.subtract(ALONG, 1)],
            across[np.subtract(ACROSS, 1)],
            turns[np.subtract(TURNS, 1)],
            [sure.mean(), sure.std()],
        ]
    )


def follow(
    fine: np.ndarray, mask: np.ndarray, ways: np.ndarray, start: np.ndarray, step: float, across: float
) -> tuple[np.ndarray, np.ndarray]:
    """(STEPS,) correlations of light and dark with that at the start, and (STEPS,) mean cosines of twice the angle that
    strands have turned by; where too few are still in hair, as in the last step.

    Args:
        fine: (H,W). mask: (H,W) bool. ways: (H,W,2) unit, doubled angles. start: (n,2) pixels. step: pixels.
        across: radians by which the way is turned.
    """
    inside, first, origin = mask.astype(np.float32), sample(fine, start), sample(ways, start)
    places, angle, within = start, None, np.ones(len(start), bool)
    alike, turns = np.zeros(STEPS), np.ones(STEPS)
    for number in range(STEPS):
        doubled = sample(ways, places)
        lies = np.arctan2(doubled[:, 1], doubled[:, 0]) / 2 + across
        if angle is not None:  # strands have no sign: they go on
            lies = angle + np.mod(lies - angle + np.pi / 2, np.pi) - np.pi / 2
        angle = lies
        places = places + step * np.stack([np.cos(angle), np.sin(angle)], 1)
        within &= at_pixels(inside, places) > 0.5
        if within.sum() < ENOUGH:
            alike[number:], turns[number:] = alike[number - 1], turns[number - 1] if number else 1
            break
        alike[number] = correlation(first[within], sample(fine, places)[within])
        turns[number] = (origin * sample(ways, places)).sum(1)[within].mean()
    return alike, turns


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Of (n,) values and others; none of what is flat."""
    first, second = first - first.mean(), second - second.mean()
    return float(first @ second / max(np.sqrt((first @ first) * (second @ second)), 1e-9))


@cache
def figures() -> dict[str, np.ndarray]:
    """The arrays of FIGURES."""
    return verified_arrays(FIGURES)
