"""The mean skin on a bare head, so that a render of it looks like a face to the landmark network."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from safetensors.numpy import load

from ..models.verified import WEIGHTS, verified_bytes
from ..texture.sample import sample_atlas, to_linear, to_srgb
from .atlas import to_atlas

#: Light from everywhere, and from one direction.
AMBIENT, KEY = 0.45, 0.72
BACKDROP = 0.55


@cache
def mean_skin() -> np.ndarray:
    """(S,S,3) float32 sRGB atlas: brows, eyes and lips of the linear prior's mean, without light.

    Raises:
        AvatarTexError: WEIGHTS_MISSING, WEIGHTS_ALTERED.
    """
    return np.ascontiguousarray(load(verified_bytes(WEIGHTS, "linear.safetensors"))["mean"], np.float32)


def paint(canonical: np.ndarray, lambert: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """(H,W,3) float32 sRGB picture of a lit head with the mean skin.

    Args:
        canonical: (H,W,3) canonical coordinates of what each pixel shows. lambert: (H,W,1) 0..1. covered: (H,W) bool.
    """
    albedo = to_linear(sample_atlas(mean_skin(), to_atlas(canonical), cv2.INTER_CUBIC))
    return np.where(covered[..., None], to_srgb(albedo * (AMBIENT + KEY * lambert)), np.float32(BACKDROP))
