"""The layers of the texture generator, which paint what its canvas cannot say.

Modulated convolutions with demodulation (Karras et al., StyleGAN2, arXiv 1912.04958, sections 2 and 3), written for
this project. The canvas enters the synthesis at every resolution.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...networks.blocks import silence
from ...networks.generator import COMPONENTS, LATENT, Generator, upsample
from ...networks.sizes import CANVAS, TEXELS

CHANNELS = {16: 96, 32: 64, 64: 48}  # by places per side, two convolutions each
LAST = max(CHANNELS)
SCALE = 0.3  # sRGB, of the layers' output


class ModulatedConv(nn.Module):
    """A 3x3 convolution whose input channels are scaled by the style and whose output is renormalised (eq. 1 to 3)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3) / (inputs * 9) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.style = nn.Linear(LATENT, inputs)
        nn.init.ones_(self.style.bias)
        nn.init.normal_(self.style.weight, std=0.5 / LATENT**0.5)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """(B,outputs,H,W) from x (B,inputs,H,W) and w (B,LATENT)."""
        style = self.style(w)
        # scaling activations instead of weights is the same product and lets one kernel serve the batch
        x = F.conv2d(F.pad(x * style[:, :, None, None], (1, 1, 0, 0), mode="circular"), self.weight, padding=(1, 0))
        norm = torch.einsum("oihw,bi->bo", self.weight.square(), style.square()).add(1e-6).rsqrt()
        return x * norm[:, :, None, None] + self.bias[:, None, None]


class PaintingGenerator(Generator):
    """The generator with layers of its own in place of a graph."""

    def __init__(self, components: int = COMPONENTS) -> None:
        super().__init__(components)
        smallest = next(iter(CHANNELS))
        self.start = nn.Parameter(0.5 * torch.randn(CHANNELS[smallest], smallest, smallest))
        self.place = nn.Parameter(0.1 * torch.randn(CHANNELS[LAST], LAST, LAST))
        self.up, self.same, self.inputs = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        before = CHANNELS[smallest]
        for size, channels in CHANNELS.items():
            self.up.append(ModulatedConv(before, channels))
            self.same.append(ModulatedConv(channels, channels))
            self.inputs.append(nn.Conv2d(3 * (CANVAS // size) ** 2, channels, 1))
            before = channels
        self.output = nn.Conv2d(before, 3 * (TEXELS // LAST) ** 2, 1)
        silence(self.output)

    def paint(self, canvas: Tensor, layers: Tensor, style: Tensor) -> Tensor:
        """The texture on a canvas (B,3,CANVAS,CANVAS); layers: (B,LAYERS,LATENT). style: (B,LATENT), embedded."""
        layers = layers + style[:, None]
        x = self.start[None]  # as many as the rows of w, by the first product
        for i, size in enumerate(CHANNELS):
            if i:
                x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            shown = self.inputs[i](F.pixel_unshuffle(canvas - 0.5, CANVAS // size))
            x = F.leaky_relu(self.up[i](x, layers[:, 2 * i]) + shown, 0.2)
            if size == LAST:
                x = x + self.place
            x = F.leaky_relu(self.same[i](x, layers[:, 2 * i + 1]), 0.2)
        # the last layer paints a patch of texels per place: what is finer has little structure, and CPUs are thankful
        return upsample(canvas) + SCALE * F.pixel_shuffle(self.output(x), TEXELS // LAST)
