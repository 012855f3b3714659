"""The network behind studio light: from skin as smooth light left it to what evenly lit skin is a multiple of.

A U-Net over the aligned atlas: a place of its layers is always the same place of the head, so that a dark patch under
the nose is not taken for a beard. It gives a gain per texel of CANVAS and channel (after the gain maps of Athar et al.,
"Bridging the Gap", ECCV 2024, section 3.4), never colours: what is finer stays the portrait's own.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...networks.sizes import CANVAS
from .blocks import Attention, Block, silence

#: Channels of a texel: colour and what the prior's skin lacks of it, confidence, shading, normal.
CHANNELS = 3 + 3 + 1 + 1 + 3
#: Most that the logarithm of a gain can be.
STRONGEST = 1.8


class Studio(nn.Module):
    """(B,CHANNELS,S,S) to the logarithm of the gain of linear light (B,3,S,S), and of the squared error that is left of
    the logarithm of the colour (B,1,S,S). widths: channels at 64, 32, 16 and 8 places per side."""

    def __init__(self, widths: tuple[int, ...] = (24, 48, 96, 128)) -> None:
        super().__init__()
        first = widths[0]
        self.enter = nn.Conv2d(4 * CHANNELS, 2 * first, 1)
        self.home = nn.Parameter(0.02 * torch.randn(first, CANVAS // 2, CANVAS // 2))
        self.down = nn.ModuleList(Block(a, b, 8) for a, b in zip((first, *widths), widths))
        self.looks = Attention(widths[-1])
        self.up = nn.ModuleList(
            Block(above + width, width, 8) for above, width in zip((widths[-1], *widths[:0:-1]), widths[::-1])
        )
        self.norm, self.leave = nn.GroupNorm(8, first), nn.Conv2d(first, 16, 3, padding=1)
        silence(self.leave)

    def forward(self, given: Tensor) -> tuple[Tensor, Tensor]:
        here, mirrored = self.enter(F.pixel_unshuffle(given, 2)).chunk(2, 1)
        x = here + mirrored.flip(-1) + self.home
        kept = []
        for i, block in enumerate(self.down):
            x = block(F.avg_pool2d(x, 2) if i else x)
            kept.append(x)
        x = self.looks(x)
        for block in self.up:
            x = block(torch.cat([x, kept.pop()], 1))
            if kept:
                x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        made = F.pixel_shuffle(self.leave(F.silu(self.norm(x))), 2)
        return STRONGEST * torch.tanh(made[:, :3] / STRONGEST), made[:, 3:] - 4
