"""The texture generator and its encoder: style-based synthesis in the atlas, steered by one w per layer (W+).

The first rows of W+ hold the coefficients of a linear canvas, the next ones its bending (stages/canvas.py). The other
rows steer the layers, which paint what the canvas cannot say. Their prior is a normal distribution of unit variance,
and the encoder says how sure it is of them (a variational autoencoder: Kingma and Welling, arXiv 1312.6114).

The layers are modulated convolutions with demodulation (Karras et al., StyleGAN2, arXiv 1912.04958, sections 2 and 3),
written for this project. The canvas enters the synthesis at every resolution.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...networks.conditions import STYLES
from ...networks.planes import to_picture, to_planes
from ...networks.sizes import CANVAS, TEXELS
from ...prior.linear import LinearPrior
from ...stages.bend import bent, flow_of
from ...stages.canvas import BENDING, project
from .blocks import silence

LATENT = 8  # numbers of a row of W+
CANVAS_ROWS = 34  # of W+, with the canvas's coefficients in them
BEND_ROWS = BENDING // LATENT  # with those of its bending
LAYERS = 6  # rows of W+ that steer convolutions, coarse to fine
GIVEN_ROWS = CANVAS_ROWS + BEND_ROWS  # found without a network
ROWS = GIVEN_ROWS + LAYERS
COMPONENTS = CANVAS_ROWS * LATENT

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


class Generator(nn.Module):
    """The layers, and what a style says to them."""

    def __init__(self) -> None:
        super().__init__()
        self.style = nn.Embedding(len(STYLES), LATENT)
        nn.init.normal_(self.style.weight, std=0.1)
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

    def forward(self, canvas: Tensor, layers: Tensor, style: Tensor) -> Tensor:
        """(B,3,TEXELS,TEXELS) sRGB, about 0..1, on a canvas (B,3,CANVAS,CANVAS); layers: (B,LAYERS,LATENT). style:
        (B,LATENT), embedded."""
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


class Encoder(nn.Module):
    """A texture and the confidence of its texels to the layers' rows of W+.

    The canvas's rows are closed-form (projected) and not given here: training changes the canvas from fold to fold.
    Texels without confidence hold a completion.
    """

    def __init__(self) -> None:
        super().__init__()
        patch = 4
        widths = (48, 64, 96, 128, 128)
        blocks, before = [nn.PixelUnshuffle(patch)], (3 + 1 + 3) * patch**2
        for i, width in enumerate(widths):
            blocks += [
                nn.Conv2d(before, width, 3, padding=1, stride=2 if i else 1),
                nn.GroupNorm(8, width),
                nn.LeakyReLU(0.2),
            ]
            before = width
        self.body = nn.Sequential(*blocks)
        side = TEXELS // patch // 2 ** (len(widths) - 1)
        self.head = nn.Sequential(nn.Linear(before * side**2, 384), nn.LeakyReLU(0.2), nn.Dropout(0.1))
        self.out = nn.Linear(384, 2 * LAYERS * LATENT)
        nn.init.normal_(self.out.weight, std=0.1 / 384**0.5)
        nn.init.zeros_(self.out.bias)

    def forward(self, texture: Tensor, confidence: Tensor, canvas: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance, (B,LAYERS,LATENT) each, from texture (B,3,TEXELS,TEXELS) sRGB, confidence
        (B,1,TEXELS,TEXELS), and the texture's canvas (B,3,CANVAS,CANVAS)."""
        difference = texture - upsample(canvas)
        found = self.out(self.head(self.body(torch.cat([texture - 0.5, confidence, 4 * difference], 1)).flatten(1)))
        mean, spread = found.view(-1, 2, LAYERS, LATENT).unbind(1)
        return mean, spread.clamp(-8, 4)


def upsample(canvas: Tensor) -> Tensor:
    """(B,C,TEXELS,TEXELS) of (B,C,CANVAS,CANVAS)."""
    return F.interpolate(canvas, scale_factor=TEXELS // CANVAS, mode="bicubic", align_corners=False)


def projected(model: LinearPrior, textures: Tensor, bendings: int = 1) -> tuple[Tensor, Tensor]:
    """Rows (B,GIVEN_ROWS,LATENT) of W+ of complete textures (B,3,TEXELS,TEXELS), and their canvases
    (B,3,CANVAS,CANVAS); without gradient."""
    rows, canvases = [], []
    for texture in textures.detach().cpu().numpy():
        coefficients, w, canvas = project(model, to_picture(texture), bendings)
        given = np.zeros(COMPONENTS, np.float32)
        given[: len(coefficients)] = coefficients / np.maximum(model.deviation, 1e-6)
        rows.append(np.concatenate([given, w]).reshape(GIVEN_ROWS, LATENT))
        canvases.append(canvas)
    made = np.float32(rows), to_planes(*canvases)
    return tuple(torch.from_numpy(one).to(textures) for one in made)


def canvas_of(model: LinearPrior, w_plus: Tensor) -> Tensor:
    """(B,3,CANVAS,CANVAS) sRGB that the first rows of W+ (B,ROWS,LATENT) say; without gradient."""
    canvases = []
    for rows in w_plus.detach().cpu().numpy():
        coefficients = rows[:CANVAS_ROWS].ravel()[: len(model.deviation)] * model.deviation
        canvases.append(bent(model.decode(coefficients), flow_of(rows[CANVAS_ROWS:GIVEN_ROWS].ravel())))
    return torch.from_numpy(to_planes(*canvases)).to(w_plus)
