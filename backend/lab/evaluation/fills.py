"""What a partial atlas would be without networks: (colour (S,S,3), seen (S,S) bool) -> (S,S,3) sRGB.

Seen texels stay as they are, for what is compared is the rest.
"""

from __future__ import annotations

import cv2
import numpy as np


def fill_by_mirror(colour: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The other half of the face, and what neither half shows by push-pull."""
    other = seen[:, ::-1]
    both = np.where(seen[..., None], colour, colour[:, ::-1])
    return push_pull(both, (seen | other).astype(np.float32))


def push_pull(colour: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(S,S,C) with texels of weight 0 filled from a pyramid (Gortler et al., The Lumigraph, SIGGRAPH 1996).

    Args:
        weight: (S,S) float32 0..1.
    """
    if min(weight.shape) < 2:
        return colour
    size = ((weight.shape[1] + 1) // 2, (weight.shape[0] + 1) // 2)
    small_weight = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    small = cv2.resize((colour * weight[..., None]).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    small = small / np.maximum(small_weight, 1e-6)[..., None]
    coarse = push_pull(small, np.minimum(1, 4 * small_weight))
    up = cv2.resize(coarse, weight.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return (colour * weight[..., None] + up * (1 - weight[..., None])).astype(np.float32)
