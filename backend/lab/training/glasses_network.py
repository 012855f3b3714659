"""Which pixels about a portrait's eyes are glasses, and whether any are worn: a small U-Net in the frame of the eyes.

The landmarks fix the frame (portrait/glasses.py), so eyes, nose and temples always lie at the same pixels.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

#: Rows and columns of the frame.
ROWS, COLUMNS = 128, 256
WIDTHS = (16, 32, 48, 64)


def pair(inputs: int, outputs: int) -> nn.Sequential:
    layers = []
    for given in (inputs, outputs):
        layers += [nn.Conv2d(given, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class GlassesNet(nn.Module):
    """(B,5,128,256), sRGB 0..1 and place -1..1, to logits: (B,1,128,256) rims and opaque lenses, (B,1) being worn."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList(
            pair(given, width) for given, width in zip((4 * 5, *WIDTHS[:-1]), WIDTHS, strict=True)
        )
        self.up = nn.ModuleList(
            pair(below + width, width) for below, width in zip(WIDTHS[:0:-1], WIDTHS[-2::-1], strict=True)
        )
        self.out, self.worn = nn.Conv2d(WIDTHS[0], 4, 1), nn.Linear(WIDTHS[-1], 1)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        state, kept = F.pixel_unshuffle(picture, 2), []
        for number, block in enumerate(self.down):
            state = block(F.max_pool2d(state, 2) if number else state)
            kept.append(state)
        worn = self.worn(state.mean((2, 3)))
        for block, beside in zip(self.up, kept[-2::-1], strict=True):
            state = block(torch.cat([F.interpolate(state, scale_factor=2.0, mode="nearest"), beside], 1))
        return F.pixel_shuffle(self.out(state), 2), worn
