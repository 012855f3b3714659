"""The texture generator: style-based synthesis in the atlas, steered by one w per layer (W+).

Modulated convolutions with demodulation (Karras et al., StyleGAN2, arXiv 1912.04958, sections 2 and 3), written for
this project. The first rows of W+ hold the coefficients of a linear canvas (the PCA of the textures, at CANVAS texels),
the next ones bend it (bend.py); it enters the synthesis at every resolution. The other rows steer the layers, which
paint what the canvas cannot say, at TEXELS. Their prior is a normal distribution of unit variance, and the encoder says
how sure it is of them (a variational autoencoder: Kingma and Welling, arXiv 1312.6114).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .bend import bent, better, flow_of, undone
from .completer import silence
from .conditions import STYLES
from .sizes import CANVAS, TEXELS

LATENT = 8
CANVAS_ROWS = 34  # of W+, with the canvas's coefficients in them
BEND_ROWS = 8  # with those of its bending
CHANNELS = {16: 96, 32: 64, 64: 48}
LAYERS = 2 * len(CHANNELS)  # rows of W+ that steer convolutions, coarse to fine
GIVEN_ROWS = CANVAS_ROWS + BEND_ROWS  # found without a network
ROWS = GIVEN_ROWS + LAYERS
COMPONENTS = CANVAS_ROWS * LATENT
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
    """W+ (B,ROWS,LATENT) and a style to a texture (B,3,TEXELS,TEXELS) sRGB, about 0..1.

    Buffers: mean (3,CANVAS,CANVAS) and basis (COMPONENTS, 3*CANVAS*CANVAS), rows scaled by their deviation.
    """

    def __init__(self, components: int = COMPONENTS) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(3, CANVAS, CANVAS))
        self.register_buffer("basis", torch.zeros(components, 3 * CANVAS * CANVAS))
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
        self.painter: nn.Module | None = None  # does what paint() does, faster, without gradients

    def project(self, texture: Tensor, bendings: int = 2) -> tuple[Tensor, Tensor]:
        """Rows (B,GIVEN_ROWS,LATENT) of the canvas nearest to a complete texture (B,3,TEXELS,TEXELS), and that canvas
        (B,3,CANVAS,CANVAS), bent. bendings: Gauss-Newton steps."""
        small = F.avg_pool2d(texture, TEXELS // CANVAS)
        scale = self.basis.norm(dim=1).clamp(min=1e-6)
        basis = self.basis / scale[:, None]
        w, straight = small.new_zeros(len(small), BEND_ROWS * LATENT), small
        for left in reversed(range(bendings + 1)):
            coefficients = (straight - self.mean).flatten(1) @ basis.T
            canvas = (coefficients @ basis).view_as(small) + self.mean
            if left:
                w = better(w, straight, canvas, basis)
                straight = bent(small, undone(flow_of(w)))
        rows = F.pad(coefficients / scale, (0, COMPONENTS - len(basis))).view(-1, CANVAS_ROWS, LATENT)
        rows = torch.cat([rows, w.view(-1, BEND_ROWS, LATENT)], 1)
        return rows, bent(canvas, flow_of(w)) if bendings else canvas

    def canvas(self, w_plus: Tensor) -> Tensor:
        """(B,3,CANVAS,CANVAS) sRGB that the first rows of W+ say."""
        coefficients = w_plus[:, :CANVAS_ROWS].flatten(1)[:, : len(self.basis)]
        straight = (coefficients @ self.basis).view(-1, 3, CANVAS, CANVAS) + self.mean
        return bent(straight, flow_of(w_plus[:, CANVAS_ROWS:GIVEN_ROWS].flatten(1)))

    def forward(self, w_plus: Tensor, style: Tensor) -> Tensor:
        """w_plus: (B,ROWS,LATENT). style: (B,) int64."""
        return (self.painter or self.paint)(self.canvas(w_plus), w_plus[:, GIVEN_ROWS:], self.style(style))

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


def upsample(canvas: Tensor) -> Tensor:
    """(B,C,TEXELS,TEXELS) of (B,C,CANVAS,CANVAS)."""
    return F.interpolate(canvas, scale_factor=TEXELS // CANVAS, mode="bicubic", align_corners=False)


class Encoder(nn.Module):
    """A texture and the confidence of its texels to the layers' rows of W+: where the search of stage 2 starts.

    The canvas's rows are closed-form (Generator.project) and not seen here: training changes the canvas from fold to
    fold. Texels without confidence hold a completion.
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
