"""What is wrong with a light that a part of a face gives, by a small network that learnt it on whole faces.

The estimate of light.py finds the light on what shows. Of the rest it knows what lights usually are, and errs in ways
that people share: with the sides hidden it is too bright, with half hidden it does not turn far enough. The network
reads 33 figures of the estimate and says what to add, by the share of the face that is hidden: to a whole face nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ..verified import verified_arrays

#: What mirroring a face does to each of the nine harmonics (light.harmonics).
MIRRORED = np.array([1, -1, 1, 1, -1, 1, -1, 1, 1], np.float32)
#: Of the figures: the light, the mean harmonics but the constant one, and what skin and light leave of them.
FIGURES_MIRRORED = np.concatenate([MIRRORED, MIRRORED[1:], MIRRORED, np.ones(7)]).astype(np.float32)
#: Weight of a whole face's texels, and the share of it from which what is missing is added in full.
WHOLE, HIDDEN = 740.0, 0.4
#: Spreads of its figures about their means beyond which the network saw nothing.
FURTHEST = 2.5
FILE = Path(__file__).with_name("part_light.npz")


@dataclass(frozen=True)
class LightEstimate:
    """An estimate of light and its evidence, n texels.

    light: (9,). basis: (n,9) harmonics. weight: (n,). residual: (n,) what skin and light do not explain, as a share of
    full brightness. skin: (n,3) sRGB, the skin that was found. face: (3,) its mean over the whole face.
    """

    light: np.ndarray
    basis: np.ndarray
    weight: np.ndarray
    residual: np.ndarray
    skin: np.ndarray
    face: np.ndarray

    def figures(self) -> np.ndarray:
        """(33,) float32."""
        share = self.weight / self.weight.sum()
        mean = share @ self.skin
        parts = (
            self.light,
            share @ self.basis[:, 1:],
            share @ (self.basis * self.residual[:, None]),
            mean,
            self.face - mean,
            [share @ self.residual**2],
        )
        return np.concatenate(parts).astype(np.float32)

    def hidden(self) -> float:
        """0..1: 0 of a whole face, 1 where HIDDEN of it or more does not show."""
        return float(np.clip((1 - self.weight.sum() / WHOLE) / HIDDEN, 0, 1))


@dataclass(frozen=True)
class PartLight:
    """layers: (out,in) and (out,) of each, with SiLU between them. mean, spread: (33,) of the figures."""

    layers: tuple[tuple[np.ndarray, np.ndarray], ...]
    mean: np.ndarray
    spread: np.ndarray

    def missing(self, estimate: LightEstimate) -> np.ndarray:
        """(9,) what to add to the light; of a mirrored face the mirror image."""
        figures = estimate.figures()
        return estimate.hidden() * (self.of(figures) + MIRRORED * self.of(figures * FIGURES_MIRRORED)) / 2

    def of(self, figures: np.ndarray) -> np.ndarray:
        """(9,) what is missing where much is hidden."""
        state = np.clip((figures - self.mean) / self.spread, -FURTHEST, FURTHEST)
        for number, (weight, bias) in enumerate(self.layers):
            state = weight @ (state / (1 + np.exp(-state)) if number else state) + bias
        return state


@cache
def part_light() -> PartLight:
    """The one that ships; `lab train light` makes it.

    Raises:
        AvatarTexError: WEIGHTS_MISSING, WEIGHTS_ALTERED.
    """
    data = {key: value.astype(np.float32) for key, value in verified_arrays(FILE).items()}
    layers = tuple((data[f"weight{i}"], data[f"bias{i}"]) for i in range(len(data) // 2 - 1))
    return PartLight(layers, data["mean"], data["spread"])
