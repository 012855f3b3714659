"""Another outcome, for seeds other than 0 and for what is redone: a sample of what the portrait leaves open.

Stages 1 to 3 average over what is possible, so their seed moves a texel by less than a level. The linear prior knows
how sure it is: its coefficients, given what was seen, are normal with a known covariance (prior/fit.py).
"""

from __future__ import annotations

import cv2
import numpy as np

from ..models.bundle import Networks
from ..prior.light import CORRELATED


def vary(generated: np.ndarray, confidence: np.ndarray, networks: Networks, *, seed: int) -> np.ndarray:
    """(S,S,3) sRGB: the generated atlas moved by a sample of the prior's posterior; same seed, same sample.

    Args:
        generated: (S,S,3) sRGB of the three stages. confidence: (S,S), 0 where nothing is to be believed.
    """
    prior = networks.linear
    confidence = cv2.resize(confidence, (prior.size, prior.size), interpolation=cv2.INTER_AREA)
    found = prior.fit(prior.mean, confidence, rounds=0, correlated=CORRELATED)
    moved = prior.decode(found.sample(np.random.default_rng(seed)).astype(np.float32)) - prior.mean
    moved = cv2.resize(moved, generated.shape[:2], interpolation=cv2.INTER_CUBIC) * networks.known[..., None]
    return np.clip(generated + moved, 0, 1).astype(np.float32)
