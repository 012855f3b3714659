"""The adversary of stage 3: it learns to tell made-up detail from photographed detail of the same places.

A projected discriminator (Sauer et al., arXiv 2111.01007): small heads on the features of a network that stands still.
It is shown both beside the completion that they were painted on, so that detail must also belong where it is. The
features are EfficientNet-Lite1's; evaluations look through Lite0. It trains and never ships.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..evaluation.features import COMPARED, STAGES, load_features

#: Texels per side that it looks at, and how far they are enlarged: a wave of two texels is six pixels long.
LOOKED_AT, ENLARGED = 48, 3
#: Channels of the heads; how far detail's share of the features is raised, for it is small.
WIDTH, RAISED = 64, 4.0
#: Octaves whose strength it is told.
TOLD = 3
#: Share of a place that must be known for its verdict to count.
WHOLE = 0.5


class Bounded(nn.Conv2d):
    """A convolution of spectral norm 1 (Miyato et al., arXiv 1802.05957), reckoned exactly: the matrices are small."""

    def forward(self, x: Tensor) -> Tensor:
        rows = self.weight.flatten(1)
        with torch.autocast(x.device.type, enabled=False):  # no card has eigenvalues in half precision
            norm = torch.linalg.eigvalsh(rows @ rows.T)[-1].sqrt()
        return self._conv_forward(x, self.weight / norm, self.bias)


class Judge(nn.Module):
    """Verdicts on every place at several sizes, and on a whole square's strength of features: positive where a picture
    looks photographed."""

    def __init__(self, device: str = "cpu", told: int = TOLD, enlarged: int = ENLARGED) -> None:
        super().__init__()
        self.enlarged = enlarged
        self.eye = [load_features(device, "lite1")]  # in a list: it is no part of what is trained
        self.heads = nn.ModuleList(head(2 * STAGES[number][-1]) for number in COMPARED)
        self.strengths = nn.ModuleList(
            nn.Sequential(nn.Linear(2 * STAGES[number][-1] + told, WIDTH), nn.LeakyReLU(0.2), nn.Linear(WIDTH, 1))
            for number in COMPARED
        )

    def look(self, pictures: Tensor, enlarged: int | None = None) -> list[Tensor]:
        """Features of (B,3,P,P) sRGB pictures by stage; from further away where they are enlarged less."""
        side = (enlarged or self.enlarged) * pictures.shape[-1]
        large = F.interpolate(pictures, (side, side), mode="bilinear", align_corners=False)
        stages = self.eye[0].stages(large.contiguous(memory_format=torch.channels_last), max(COMPARED))
        return [stages[number] for number in COMPARED]

    def forward(self, looks: list[Tensor], beside: list[Tensor], known: Tensor, rough: Tensor) -> Tensor:
        """(B,V) verdicts on look(pictures); 0 where nothing is known.

        Args:
            beside: look(completions). known: (B,1,P,P). rough: (B,TOLD) how strong the seen detail is by octave.
        """
        found = []
        for judge, strength, look, other in zip(self.heads, self.strengths, looks, beside, strict=True):
            scale = other.float().square().mean((1, 2, 3), keepdim=True).sqrt()
            more, weight = (look - other) / scale, F.interpolate(known, look.shape[2:], mode="area")
            weight = weight * (weight > WHOLE)
            total, is_known = weight.sum((1, 2, 3)).clamp(min=1e-3), weight.amax((1, 2, 3))
            places = judge(torch.cat([RAISED * more, other / scale], 1))
            found.append((places * weight).sum((1, 2, 3)) / total)
            told = strength(torch.cat([deviation(look / scale, weight), deviation(more, weight), rough], 1).float())
            found.append(told[:, 0] * is_known)
        return torch.stack(found, 1)


def deviation(features: Tensor, weight: Tensor) -> Tensor:
    """(B,C) standard deviations of (B,C,h,w) under (B,1,h,w) weights."""
    total = weight.sum((2, 3)).clamp(min=1e-3)
    mean = (features * weight).sum((2, 3)) / total
    squares = ((features - mean[:, :, None, None]).square() * weight).sum((2, 3)) / total
    return (squares + 1e-4).sqrt()


def head(inputs: int) -> nn.Sequential:
    return nn.Sequential(
        Bounded(inputs, WIDTH, 1),
        nn.LeakyReLU(0.2),
        Bounded(WIDTH, WIDTH, 3, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(WIDTH, 1, 1),
    )


def hinge(verdicts: Tensor, known: Tensor) -> Tensor:
    """The judge's loss (Lim and Ye, arXiv 1705.02894) over the squares of which something is known.

    Args:
        verdicts: (2B,V) of photographed pictures and of as many made up. known: (B,1,P,P).
    """
    real, made = verdicts.chunk(2)
    return ((F.relu(1 - real) + F.relu(1 + made)).mean(1) * shows(known)).sum() / shows(known).sum().clamp(min=1)


def feature_distance(looks: list[Tensor], others: list[Tensor], known: Tensor) -> Tensor:
    """Squared distance of two pictures' features of unit length where something is known (Zhang et al., LPIPS, arXiv
    1801.03924, eq. 1, all channels of equal weight), mean over stages and squares.

    Args:
        looks, others: Judge.look() of B pictures each. known: (B,1,P,P).
    """
    total = known.new_zeros(())
    for pair in zip(looks, others, strict=True):
        first, second = (F.normalize(look.float(), dim=1) for look in pair)
        weight = F.interpolate(known, first.shape[2:], mode="area")
        total = total + ((first - second).square().sum(1, keepdim=True) * weight).sum() / weight.sum().clamp(min=1)
    return total / len(looks)


def shows(known: Tensor) -> Tensor:
    """(B,) 1 where something of (B,1,P,P) is known."""
    return (known > WHOLE).any((1, 2, 3)).float()
