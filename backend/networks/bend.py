"""Smooth bending of a picture of the atlas, steered by a few numbers.

Faces differ in where things are as much as in their colours, and what moves costs a linear basis many components. A
canvas that is bent says it in a few (Shu et al., "Deforming Autoencoders", ECCV 2018).
"""

from __future__ import annotations

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from .sizes import CANVAS

#: Deviation of the slowest wave, as a share of the atlas, and how fast those of faster ones fall.
REACH, FALL = 0.02, 1.0
#: Variance of a texel about the canvas, sRGB: low, for a step's own errors mend themselves in the next.
NOISE = 3e-4
#: Texels by which pictures are continued around the head before they are sampled.
PAD = 16


@cache
def waves(count: int) -> tuple[Tensor, Tensor]:
    """The count slowest waves of the atlas (count,CANVAS,CANVAS), periodic across and cosines down, and the deviation
    (count,) of each, as a share of the atlas."""
    at = (torch.arange(CANVAS) + 0.5) / CANVAS
    found = []
    for down in range(12):
        for across in range(7):
            speed = (down**2 + (2 * across) ** 2) ** 0.5
            for wave in (torch.cos, torch.sin) if across else (torch.cos,):
                picture = torch.cos(torch.pi * down * at)[:, None] * wave(2 * torch.pi * across * at)[None]
                found.append((speed, picture))
    found = sorted(found, key=lambda one: one[0])[:count]
    deviation = torch.tensor([REACH / (1 + speed / 2) ** FALL for speed, _ in found])
    return torch.stack([picture for _, picture in found]), deviation


def flow_of(w: Tensor) -> Tensor:
    """(B,2,CANVAS,CANVAS) shares of the atlas, across and down, of (B,2n) coefficients of unit deviation."""
    pictures, deviation = waves(w.shape[1] // 2)
    scaled = w.view(len(w), 2, -1) * deviation.to(w)
    return torch.einsum("bdn,nhw->bdhw", scaled, pictures.to(w))


def bent(picture: Tensor, flow: Tensor) -> Tensor:
    """(B,C,S,S): at each texel the picture's colour where the flow (B,2,S,S) points; around the head sideways."""
    size = picture.shape[-1]
    at = (torch.arange(size, device=picture.device) + 0.5) / size
    x, y = at[None, None] + flow[:, 0], at[None, :, None] + flow[:, 1]
    wide = F.pad(picture, (PAD, PAD, 0, 0), mode="circular")
    grid = torch.stack([2 * (x * size + PAD) / (size + 2 * PAD) - 1, 2 * y - 1], -1)
    return F.grid_sample(wide, grid, mode="bicubic", padding_mode="border", align_corners=False)


def undone(flow: Tensor, rounds: int = 5) -> Tensor:
    """The flow (B,2,S,S) that bends back, by fixed-point iteration."""
    back = -flow
    for _ in range(rounds):
        back = -bent(flow, back)
    return back


def better(w: Tensor, target: Tensor, canvas: Tensor, basis: Tensor) -> Tensor:
    """(B,2n) coefficients after a Gauss-Newton step towards a picture.

    Args:
        target: (B,3,CANVAS,CANVAS) the picture, bent back by w. canvas: the linear model's nearest picture to it.
        basis: (K,3*CANVAS*CANVAS) orthonormal: what the model takes up itself is projected out of the step (Matthews
            and Baker, "Active Appearance Models Revisited", 2004, section 4), in its products alone.
    """
    pictures, deviation = waves(w.shape[1] // 2)
    scaled = (pictures * deviation[:, None, None]).to(w)[None, :, None]
    down, across = torch.gradient(canvas * CANVAS, dim=(2, 3))
    moved = torch.cat([across[:, None] * scaled, down[:, None] * scaled], 1).flatten(2)
    rest, known = (target - canvas).flatten(1), moved @ basis.T
    system = (moved @ moved.mT - known @ known.mT) / NOISE + torch.eye(w.shape[1]).to(w)
    left = (moved @ rest[..., None] - known @ (rest @ basis.T)[..., None])[..., 0] / NOISE
    return w + torch.linalg.solve(system, left - w)
