"""What the ControlNets are shown (Zhang et al., arXiv 2302.05543): the completion's layout, the shape of the head."""

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

#: Of what is farthest; the background is black.
FARTHEST = 0.2


def canny(pictures: Tensor) -> Tensor:
    """(N,3,S,S) of 0 and 1: the edges of (N,3,S,S) sRGB, between Canny's thresholds of the network's training."""
    shown = (pictures.permute(0, 2, 3, 1).numpy() * 255).round().astype(np.uint8)
    edges = np.stack([cv2.Canny(cv2.cvtColor(one, cv2.COLOR_RGB2GRAY), 100, 200) for one in shown])
    return (torch.from_numpy(edges) / 255).float()[:, None].expand(-1, 3, -1, -1)


def tile(pictures: Tensor, size: int = 8) -> Tensor:
    """(N,3,S,S) sRGB without what is finer than so many texels: eight in the network's training."""
    small = F.avg_pool2d(pictures, size)
    return F.interpolate(small, pictures.shape[-2:], mode="bilinear", align_corners=False)


def depth(distance: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """(n,n,3) 0..1 as in the network's training (MiDaS): white is near, black is nothing.

    Args:
        distance: (n,n) from the eye, where covered (n,n).
    """
    near, far = (1 / distance[covered].min(), 1 / distance[covered].max()) if covered.any() else (1.0, 0.0)
    shown = FARTHEST + (1 - FARTHEST) * (1 / np.maximum(distance, 1e-6) - far) / max(near - far, 1e-6)
    return np.repeat(np.where(covered, np.minimum(shown, 1), 0)[..., None], 3, 2).astype(np.float32)


def normal(directions: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """(n,n,3) 0..1 as in the network's training (NYU-V2's colours): red is left, green is up, blue is towards the eye,
    as all of the background is.

    Args:
        directions: (n,n,3) unit normals, x right, y up and z towards the eye, where covered (n,n).
    """
    return np.where(covered[..., None], directions * (-0.5, 0.5, 0.5) + 0.5, (0.5, 0.5, 1)).astype(np.float32)


def position(places: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """(n,n,3) 0..1: where each texel of the atlas lies, as in the training of Paint3D (Zeng et al., arXiv 2312.13913).

    Args:
        places: (n,n,3), -1..1 is shown, where covered (n,n).
    """
    return np.where(covered[..., None], np.clip(places, -1, 1) / 2 + 0.5, 0).astype(np.float32)


#: Those that are drawn from the picture itself; the others are shown the head.
CONTROLS = {"canny": canny, "tile": tile}
