"""Whether a portrait's head wears a hat, a cap or a scarf, by a network of this project's own
(`lab/training/draw_hats.py`)."""

from __future__ import annotations

import numpy as np

from . import networks
from .hair import SIDE, head_frame, look_at_head
from .landmarks import FaceLandmarks, cut

#: Mean probability, of what covers the head, from which it is cloth.
CLOTH = 0.5


def wears_hat(color: np.ndarray, person: np.ndarray, covering: np.ndarray, face: FaceLandmarks) -> bool:
    """Whether what covers the head is cloth rather than hair; False on bare heads.

    Args:
        color: (H,W,3) float32 sRGB. person: (H,W) float32 0..1.
        covering: (H,W) float32 0..1, hair or whatever covers the head above its brows.
        face: its landmarks, in their pixels.
    """
    made, _ = look_at_head(networks.HAT, color, person, face)
    share = cut(np.dstack([covering] * 3), head_frame(face.points), SIDE)[0][..., 0]
    return bool((made * share).sum() > CLOTH * max(share.sum(), 1))
