"""The layout that a step keeps: around the landmarks of eyes, brows, nose and mouth edges stay where they are.

Guidance on the clean picture (Bansal et al., arXiv 2302.07121, section 3.2, backward guidance): a few steps down the
gradient of how much its edges differ from the start's, without a pass through the network.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..head.atlas import canonical_head, to_atlas
from ..head.landmarks import TRUSTED
from ..imaging.sample import LUMINANCE
from ..portrait.landmark_groups import INNER_LIPS, LEFT_BROW, LEFT_EYE, LIPS, NOSE_BRIDGE, RIGHT_BROW, RIGHT_EYE


class Layout:
    """Called with clean latents (N,C,s,s), gives them with their edges nearer to the start's.

    Args:
        kept: (N,C,s,s) latents of the start. start: (N,3,S,S) its sRGB. weights: (N,1,s,s) 0..1, how much edges count.
        strength: 0 (nothing happens) to 1.
    """

    def __init__(self, kept: Tensor, start: Tensor, weights: Tensor, strength: float) -> None:
        self.kept, self.strength, self.weights = kept, strength, weights.to(kept)
        light = fit_colors(kept, start)[:, :-1] @ torch.from_numpy(LUMINANCE).to(kept)
        self.light = F.normalize(light, dim=1)[..., None, None]  # along which a latent gets lighter

    def __call__(self, clean: Tensor) -> Tensor:
        if not self.strength:
            return clean
        error = ((clean - self.kept) * self.light).sum(1, keepdim=True)
        moved = error
        for _ in range(8):  # at 1/8 of the gradient they cannot swing over
            moved = moved - self.strength * (1 / 8) * edge_gradient(moved, self.weights)
        return clean + (moved - error) * self.light


def edge_gradient(error: Tensor, weights: Tensor) -> Tensor:
    """Half the gradient of sum(w |grad e|^2), with differences to the right and below; both (N,1,s,s)."""
    across, down = error.diff(dim=-1) * weights[..., :, 1:], error.diff(dim=-2) * weights[..., 1:, :]
    return F.pad(across, (1, 0)) - F.pad(across, (0, 1)) + F.pad(down, (0, 0, 1, 0)) - F.pad(down, (0, 0, 0, 1))


def fit_colors(latents: Tensor, pictures: Tensor) -> Tensor:
    """(N,C+1,3) matrices from latents (N,C,s,s), with a one, to the sRGB of the pictures (N,3,S,S): least squares, each
    for itself, so that none depends on what else is painted."""
    small = F.adaptive_avg_pool2d(pictures.to(latents), latents.shape[-2:])
    given = F.pad(latents.flatten(2).transpose(1, 2), (0, 1), value=1.0)
    wanted = small.flatten(2).transpose(1, 2)
    ridge = 1e-4 * given.shape[1] * torch.eye(given.shape[2], device=given.device)
    return torch.linalg.solve(given.mT @ given + ridge, given.mT @ wanted)


def show_colors(latents: Tensor, matrix: Tensor) -> Tensor:
    """(N,3,s,s) sRGB of (N,C,s,s), by such matrices."""
    return torch.einsum("nchw,nck->nkhw", latents, matrix[:, :-1]) + matrix[:, -1][..., None, None]


def landmark_weights(size: int) -> Tensor:
    """(1,size,size) 0..1 in the atlas: how near the landmarks that make a face's layout are."""
    lines = [*RIGHT_EYE, *LEFT_EYE, *RIGHT_BROW, *LEFT_BROW, *LIPS, *INNER_LIPS, *NOSE_BRIDGE]
    head = canonical_head()
    places = to_atlas(head.points[lines][head.trust[lines] > TRUSTED])  # some of the eyes' lie anywhere
    middles = (np.arange(size) + 0.5) / size
    reach = max(0.012, 0.75 / size)  # half an iris
    away = np.full((size, size), np.inf)
    for x, y in places:
        away = np.minimum(away, (middles[None] - x) ** 2 + (middles[:, None] - y) ** 2)
    return torch.from_numpy(np.exp(-away / (2 * reach**2))).float()[None]
