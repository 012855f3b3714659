"""What the ControlNets are shown (Zhang et al., arXiv 2302.05543): the layout of the completion, in two ways."""

from __future__ import annotations

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

#: Of the tile network's training: the picture at an eighth of its size.
TILE = 8
#: Canny's thresholds of an 8 bit picture, as in the network's training.
EDGES = (100, 200)


def canny(picture: Tensor) -> Tensor:
    """(1,3,S,S) of 0 and 1: the edges of (1,3,S,S) sRGB."""
    shown = (picture[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    edges = torch.from_numpy(cv2.Canny(cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY), *EDGES) / 255).float()
    return edges.expand(1, 3, *edges.shape)


def tile(picture: Tensor) -> Tensor:
    """(1,3,S,S) sRGB without what is finer than TILE texels."""
    small = F.avg_pool2d(picture, TILE)
    return F.interpolate(small, picture.shape[-2:], mode="bilinear", align_corners=False)


CONTROLS = {"canny": canny, "tile": tile}
