"""Two priors of heads, one of painted skins and one of photographed people, and which of them a portrait asks for.

Painted skins know scalp, ears and neck; people know how people look. Which completes a portrait better shows on the
portrait itself: what it shows is hidden in part and made again from the rest (cross-validated evidence; Geisser,
"The Predictive Sample Reuse Method", 1975).
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .linear import COARSE, CORRELATED, LinearPrior, carried, enlarged

#: Patches of the atlas per side that are hidden in turn, how sharply the ratio of the squared errors decides, and the
#: ratio at which both count the same. Of photographs it is 1.4 to 2.9, of rendered heads 0.9 to 1.3.
PATCHES, SHARPNESS, EVEN = 16, 4.0, 1.22
#: By how much wider heads are drawn than the posteriors say, which are too sure: on 42 people that the priors did not
#: learn from the mean errs by 10.4 of 255 on hidden skin (waves over 8 texels), and their heads lie 4.9 about it. At 2
#: ears and jaws get green stains.
WIDER = 1.4
#: Components of both together.
JOINED = 96


class Experts:
    """painted, people: priors of one size S. shown: (S,S) 0..1, how far portraits of people show a place; elsewhere the
    people's prior has nothing of its own to say. Everywhere where it is not given."""

    def __init__(self, painted: LinearPrior, people: LinearPrior, shown: NDArray | None = None) -> None:
        self.painted, self.people = painted, people
        self.shown = np.ones((painted.size,) * 2, np.float32) if shown is None else shown

    @property
    def size(self) -> int:
        return self.painted.size

    @cached_property
    def joined(self) -> LinearPrior:
        """One normal distribution with the mean and covariance of an even mixture of both: light is found with it,
        before anybody can say which of the two a portrait asks for."""
        apart = (self.people.mean - self.painted.mean).reshape(1, -1) / 2
        halves = [one.basis * (one.deviation * np.float32(0.5**0.5))[:, None] for one in (self.painted, self.people)]
        rows = np.concatenate([*halves, apart])
        values, vectors = np.linalg.eigh((rows @ rows.T).astype(np.float64))
        values, vectors = values[::-1][:JOINED].clip(1e-9), vectors[:, ::-1][:, :JOINED]
        basis = (vectors / np.sqrt(values)).T.astype(np.float32) @ rows
        return LinearPrior((self.painted.mean + self.people.mean) / 2, basis, np.sqrt(values).astype(np.float32))

    def complete(
        self,
        colour: NDArray,
        confidence: NDArray,
        share: float | None = None,
        random: np.random.Generator | None = None,
    ) -> NDArray:
        """(T,T,3) sRGB: the fits of both priors, and the residual of what is visible spread to its surroundings.

        Args:
            share: of the people's; found by evidence() where it is not given.
            random: draws one of the heads that it may be, rather than the likeliest.
        """
        texels = len(colour)
        share = self.evidence(colour, confidence) if share is None else share
        visible = _small(self.painted, colour, confidence)
        result = self.painted.decode(_fit(self.painted, *visible, random))
        if share > 0.01:
            people = self.people.decode(_fit(self.people, *visible, random))
            result = result + np.float32(share) * self.shown[..., None] * (people - result)
        colour, confidence = self.painted.observed(colour, confidence)
        return enlarged(carried(result, colour, confidence), texels)

    def evidence(self, colour: NDArray, confidence: NDArray) -> float:
        """0..1, how surely the people's prior is the better one for what (T,T,3) colour and (T,T) confidence show."""
        colour, confidence = _small(self.painted, colour, confidence)
        y, x = np.mgrid[:COARSE, :COARSE] * PATCHES // COARSE
        errors = np.zeros(2)
        for half in (0, 1):
            hidden = (x + y) % 2 == half
            for i, one in enumerate((self.painted, self.people)):
                made = one.shrunk(COARSE).decode(_fit(one, colour, confidence * ~hidden))
                errors[i] += (((made - colour) ** 2).mean(-1) * confidence * hidden).sum()
        return float(1 / (1 + (EVEN * errors[1] / errors[0]) ** SHARPNESS)) if errors.all() else 0.5


def _small(prior: LinearPrior, colour: NDArray, confidence: NDArray) -> tuple[NDArray, NDArray]:
    """Colour (COARSE,COARSE,3) and confidence (COARSE,COARSE)."""
    return prior.shrunk(COARSE).observed(colour, confidence)


def _fit(
    prior: LinearPrior, colour: NDArray, confidence: NDArray, random: np.random.Generator | None = None
) -> NDArray:
    """(K,) coefficients of what is visible at COARSE; a texel there stands for several of the prior's."""
    found = prior.shrunk(COARSE).fit(colour, confidence, correlated=CORRELATED * (COARSE / prior.size) ** 2)
    if random is None:
        return found.unknowns.astype(np.float32)
    return (found.unknowns + WIDER * (found.sample(random) - found.unknowns)).astype(np.float32)
