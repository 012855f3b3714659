"""What the texture generator paints on: the nearest picture of a linear model (a PCA of the textures), bent (bend.py).

The layers (lab/networks/generator.py, which ship as a graph) paint what this canvas cannot say.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..networks.sizes import CANVAS
from ..prior.linear import LinearPrior
from ..threads import CORES, start_threads
from .bend import bent, flow_of, undone, waves

POOL = start_threads(CORES)
#: Numbers that bend it.
BENDING = 64
#: Variance of a texel about the canvas, sRGB: low, for a step's own errors mend themselves in the next.
NOISE = 3e-4


def project(model: LinearPrior, texture: np.ndarray, bendings: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(K,) coefficients of the canvas nearest to a complete texture (S,S,3) sRGB, (BENDING,) of its bending in
    deviations, and that canvas (CANVAS,CANVAS,3), bent. bendings: Gauss-Newton steps."""
    small = cv2.resize(texture, (CANVAS, CANVAS), interpolation=cv2.INTER_AREA)
    w, straight = np.zeros(BENDING, np.float32), small
    for left in reversed(range(bendings + 1)):
        coefficients = model.basis @ (straight - model.mean).ravel()
        canvas = model.decode(coefficients)
        if left:
            w = better(w, straight, canvas, model.basis)
            straight = bent(small, undone(flow_of(w)))
    return coefficients, w, bent(canvas, flow_of(w)) if bendings else canvas


def better(w: np.ndarray, target: np.ndarray, canvas: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """(2n,) coefficients after a Gauss-Newton step towards a picture.

    Args:
        target: (CANVAS,CANVAS,3) the picture, bent back by w. canvas: the linear model's nearest picture to it.
        basis: (K,CANVAS*CANVAS*3) orthonormal: what the model takes up itself is projected out of the step (Matthews
            and Baker, "Active Appearance Models Revisited", 2004, section 4), in its products alone.
    """
    pictures, deviation = waves(len(w) // 2)
    scaled = (pictures * deviation[:, None, None])[..., None]
    down, across = np.gradient(canvas * CANVAS, axis=(0, 1))
    moved = np.concatenate([across * scaled, down * scaled]).reshape(len(w), -1)
    parts = POOL.map(lambda rows: moved @ rows.T, np.array_split(basis, CORES))
    rest, known = (target - canvas).ravel(), np.concatenate(list(parts), 1)
    system = (moved @ moved.T - known @ known.T) / NOISE + np.eye(len(w), dtype=np.float32)
    left = (moved @ rest - known @ (basis @ rest)) / NOISE
    return w + np.linalg.solve(system, left - w)
