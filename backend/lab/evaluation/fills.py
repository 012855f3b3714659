"""What a partial atlas would be without networks: (colour (S,S,3), seen (S,S) bool, networks) -> (S,S,3) sRGB.

Seen texels stay as they are, for what is compared is the rest.
"""

from __future__ import annotations

import cv2
import numpy as np

from ...models.bundle import Networks


def fill_by_mean(colour: np.ndarray, seen: np.ndarray, networks: Networks) -> np.ndarray:
    """The training textures' mean."""
    mean = cv2.resize(networks.linear.mean, seen.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.where(seen[..., None], colour, mean)


def fill_by_mirror(colour: np.ndarray, seen: np.ndarray, networks: Networks) -> np.ndarray:
    """The other half of the face, and what neither half shows by push-pull."""
    other = seen[:, ::-1]
    both = np.where(seen[..., None], colour, colour[:, ::-1])
    return push_pull(both, (seen | other).astype(np.float32))


def fill_by_opencv(colour: np.ndarray, seen: np.ndarray, networks: Networks) -> np.ndarray:
    """Telea's inpainting, radius 3."""
    picture = np.rint(np.clip(colour, 0, 1) * 255).astype(np.uint8)
    filled = cv2.inpaint(picture, (~seen).astype(np.uint8), 3, cv2.INPAINT_TELEA).astype(np.float32) / 255
    return np.where(seen[..., None], colour, filled)


def fill_by_push_pull(colour: np.ndarray, seen: np.ndarray, networks: Networks) -> np.ndarray:
    """From coarse to fine: the colours of what is known around."""
    return push_pull(colour, seen.astype(np.float32))


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


#: In the order of the tables. The linear models are fitted in methods.py, which has confidences for them.
FILLS = {
    "mean texture": fill_by_mean,
    "mirror": fill_by_mirror,
    "OpenCV Telea": fill_by_opencv,
    "push-pull": fill_by_push_pull,
}
