"""Where hair grows: a linear prior of how far hair covers each place of the scalp, learnt from people and skins.

A portrait shows the front of the hair; the rest of the line, over the temples, around the ears and to the nape, is the
likeliest that goes on from it. What lies between hair and none is brought to a line: half hair everywhere is no hair.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np

from ..verified import verified_arrays
from .linear import LinearPrior, carried

#: Full cover in the prior's own unit (LinearPrior.NOISE is that of skin): a parse is wrong by 0.15 as a rule.
UNIT = 0.13
#: Cover from which there is hair, and all of it: as soft as a line of hair is.
LINE = (0.3, 0.7)
#: Texels of the prior: a hole or a tuft of half of it is none; a linear prior overshoots and dips where hair does not.
HOLE = 7
#: Reach of the line, as a share of the atlas: strands end within it (surface/strands.py).
REACH = 0.007
FILE = Path(__file__).with_name("hairline.npz")


class Hairline:
    """prior: of (S,S,3) covers in units of UNIT, three times the same. grows: (S,S) 0..1, where hair ever grew."""

    def __init__(self, prior: LinearPrior, grows: np.ndarray) -> None:
        self.prior, self.grows = prior, grows

    @classmethod
    def of(cls, mean: np.ndarray, basis: np.ndarray, deviation: np.ndarray, grows: np.ndarray) -> Hairline:
        """From (S,S) mean, (K,S,S) orthonormal basis, (K,) deviations: one channel of each."""
        rows = np.repeat(basis[..., None], 3, -1).reshape(len(basis), -1) / np.sqrt(3)
        return cls(LinearPrior(np.repeat(mean[..., None], 3, -1), rows, deviation * np.sqrt(3)), grows)

    def find_cover(self, hair: np.ndarray, confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(T,T) 0..1, how far hair covers each texel, and how far it may, a deviation further.

        Args:
            hair: (T,T) 0..1, what is visible of it. confidence: (T,T) 0..1.
        """
        texels = len(hair)
        shown, weight = self.prior.observed(np.repeat(UNIT * hair[..., None], 3, -1), confidence)
        weight = weight * self.grows
        found = self.prior.fit(shown, weight)
        made = carried(self.prior.decode(found.unknowns.astype(np.float32)), shown, weight)[..., 0]
        spread = np.linalg.solve(np.linalg.cholesky(found.precision), self.prior.basis[:, ::3].astype(np.float64))
        further = np.linalg.norm(spread, axis=0).reshape(made.shape) * (1 - np.clip(weight, 0, 1))
        return self.line(made / UNIT, texels), self.line((made + further) / UNIT, texels)

    def line(self, made: np.ndarray, texels: int) -> np.ndarray:
        """(T,T) 0..1, brought to a line."""
        made = cv2.medianBlur(np.rint(255 * np.clip(made, 0, 1)).astype(np.uint8), HOLE).astype(np.float32) / 255
        made = cv2.resize(made, (texels, texels), interpolation=cv2.INTER_LINEAR)
        grows = cv2.resize(self.grows, (texels, texels), interpolation=cv2.INTER_LINEAR)
        line = np.clip((made - LINE[0]) / (LINE[1] - LINE[0]), 0, 1) * grows
        return cv2.GaussianBlur(line.astype(np.float32), (0, 0), REACH * texels)


@cache
def hairline() -> Hairline:
    """The one that ships; `lab train hair` makes it."""
    data = {key: value.astype(np.float32) for key, value in verified_arrays(FILE).items()}
    return Hairline.of(data["mean"], data["basis"], data["deviation"], data["grows"])
