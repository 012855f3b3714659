"""Fine detail of the atlas as stage 3 paints it: what is finer than REACH, in units of what is usual at each place."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .noise import doubled

#: Standard deviation of the bell curve that parts fine from coarse, texels; waves of 16 texels keep half their power.
REACH = 3.0
#: How the channels of detail go together, a factor of their covariance; and its octaves, standard deviations of noise
#: at 256, 128 and 64 places per side. Both of what photographed people's completions lack.
CHANNELS = ((1.01, 0.0, 0.0), (0.88, 0.42, 0.0), (0.76, 0.47, 0.31))
NOISE = (0.53, 1.12, 1.0)
#: Confidence from which a texel's detail begins to count as visible, and is so wholly.
FROM, SURE = 0.15, 0.5
#: Deviations of the bell curves between the octaves whose strength is given, texels.
OCTAVES = (0.8, 1.6)
#: Texels per side of a cell in which strength is given, its reach in cells, and the weight of all cells and of nothing.
CELL, NEAR, FAR, NOTHING = 8, 2.5, 0.05, 1e-3


def how_sure(confidence: Tensor) -> Tensor:
    """(B,1,S,S) 0..1, how far a texel's detail is taken from the portrait."""
    return ((confidence - FROM) / (SURE - FROM)).clamp(0, 1)


def blurred(picture: Tensor, reach: float) -> Tensor:
    """(B,C,H,W) under a bell curve of so many texels; wraps sideways, as the atlas does."""
    half = int(3 * reach + 0.5)
    x = torch.arange(-half, half + 1, device=picture.device, dtype=picture.dtype)
    bell = torch.exp(-0.5 * (x / reach) ** 2)
    bell, channels = bell / bell.sum(), picture.shape[1]
    wide = F.pad(F.pad(picture, (half, half, 0, 0), mode="circular"), (0, 0, half, half), mode="replicate")
    across = F.conv2d(wide, bell.expand(channels, 1, 1, -1), groups=channels)
    return F.conv2d(across, bell[:, None].expand(channels, 1, -1, 1), groups=channels)


def fine(picture: Tensor, weight: Tensor) -> Tensor:
    """(B,C,H,W) without what is coarser than REACH, averaged by (B,1,H,W) weights; 0 where they are."""
    coarse = blurred(picture * weight, REACH) / (blurred(weight, REACH) + 1e-3)
    return (picture - coarse) * (weight > 0)


def to_units(detail: Tensor, usual: Tensor) -> Tensor:
    """(B,3,H,W) of sRGB detail, channels apart, in units of (1,H,W) what is usual."""
    return torch.einsum("cd,bdhw->bchw", torch.linalg.inv(detail.new_tensor(CHANNELS)), detail / usual)


def from_units(units: Tensor, usual: Tensor) -> Tensor:
    """The way back: (B,3,H,W) sRGB detail."""
    return torch.einsum("cd,bdhw->bchw", units.new_tensor(CHANNELS), units) * usual


def draw_noise(shape: tuple[int, ...], random: torch.Generator) -> Tensor:
    """(B,C,H,W) noise with the octaves of detail, in units: what the denoiser leaves of it is as coarse as detail is.
    Drawn on the CPU, so that a seed is the same everywhere; H and W are multiples of 4."""
    *count, height, width = shape
    made = None
    for octave in reversed(range(len(NOISE))):
        drawn = NOISE[octave] * torch.randn(*count, height >> octave, width >> octave, generator=random)
        made = drawn if made is None else doubled(made) + drawn
    return made


def noised(clean: Tensor, kept: Tensor, random: torch.Generator) -> Tensor:
    """(B,C,H,W) clean detail with noise of its own; kept: the share of its variance that is left, a number or (B,1,1,1)
    of them."""
    return kept.sqrt() * clean + (1 - kept).sqrt() * draw_noise(clean.shape, random).to(clean.device)


def octaves(units: Tensor) -> list[Tensor]:
    """(B,C,H,W) in three octaves, whose sum it is; the finest first."""
    bands, last = [], units
    for reach in OCTAVES:
        coarser = blurred(units, reach)
        bands.append(last - coarser)
        last = coarser
    return [*bands, last]


def strength(units: Tensor, sure: Tensor) -> Tensor:
    """(B,3,H,W) logarithms of how strong detail is in three octaves, near each place or wherever it is visible.

    Args:
        units: (B,3,H,W), of which the first channel is looked at. sure: (B,1,H,W); where nothing is, 0 is said.
    """
    energy = F.avg_pool2d(torch.cat(octaves(units[:, :1] * sure), 1).square(), CELL)
    weight = F.avg_pool2d(sure, CELL)

    def spread(cells: Tensor) -> Tensor:
        return blurred(cells, NEAR) + FAR * cells.mean((2, 3), keepdim=True)

    energy = (spread(energy) + NOTHING / 3) / (spread(weight) + NOTHING)
    return F.interpolate(0.5 * torch.log(3 * energy + 1e-4), scale_factor=CELL, mode="bilinear", align_corners=False)


#: Channels of conditions().
CONDITIONS = 3 + 3 + 3 + 1 + 3 + 1 + 3 + 3


def conditions(start: Tensor, visible: Tensor, sure: Tensor, geometry: Tensor, usual: Tensor) -> Tensor:
    """(B,CONDITIONS,S,S) what the denoiser is given.

    Args:
        start: (B,3,S,S) sRGB, the completion. visible: (B,3,S,S) in units, the detail that it lacks where it is
        visible;
            sure: (B,1,S,S). geometry: (3,S,S) canonical places.
    """
    own = to_units(fine(start, torch.ones_like(start[:, :1])), usual)
    shown = visible * sure
    strong = strength(to_units(fine(start, sure), usual) + visible, sure)
    place = geometry.expand(len(start), -1, -1, -1)
    return torch.cat([start - 0.5, own, shown, sure, shown.flip(-1), sure.flip(-1), strong, place], 1)
