"""Another outcome, for seeds other than 0 and for what is redone: a sample of what the portrait leaves open.

Stages 1 to 3 average over what is possible, so their seed moves a texel by less than a level. The linear prior knows
how sure it is: its coefficients, given what was seen, are normal with a known covariance (Bishop, Pattern Recognition
and Machine Learning, eq. 3.49 to 3.51).
"""

from __future__ import annotations

import cv2
import numpy as np

from ..models.bundle import Networks
from ..networks.linear import NOISE
from ..texture.light import CORRELATED


def vary(generated: np.ndarray, confidence: np.ndarray, networks: Networks, *, seed: int) -> np.ndarray:
    """(S,S,3) sRGB: the generated atlas moved by a sample of the prior's posterior; same seed, same sample.

    Args:
        generated: (S,S,3) sRGB of the three stages. confidence: (S,S), 0 where nothing is to be believed.
    """
    prior = networks.linear
    confidence = cv2.resize(confidence, (prior.size, prior.size), interpolation=cv2.INTER_AREA)
    seen = confidence.ravel() > 0.01
    weight = confidence.ravel()[seen].astype(np.float32) / (CORRELATED * NOISE**2)
    basis = prior.basis.reshape(len(prior.basis), -1, 3)[:, seen]
    weighted = (basis * weight[:, None]).reshape(len(basis), -1)
    precision = weighted @ basis.reshape(len(basis), -1).T + np.diag(1 / np.maximum(prior.deviation, 1e-3) ** 2)
    normal = np.random.default_rng(seed).standard_normal(len(precision))
    coefficients = np.linalg.solve(np.linalg.cholesky(precision).T, normal)
    moved = (coefficients @ prior.basis).reshape(prior.size, prior.size, 3).astype(np.float32)
    moved = cv2.resize(moved, generated.shape[:2], interpolation=cv2.INTER_CUBIC) * networks.known[..., None]
    return np.clip(generated + moved, 0, 1).astype(np.float32)
