"""The texture generator: style-based synthesis in the atlas, steered by one w per layer (W+).

The first rows of W+ hold the coefficients of a linear canvas (the PCA of the textures, at CANVAS texels), the next ones
bend it (bend.py). The other rows steer the layers (lab/networks/generator.py, which ship as a graph), which paint what
the canvas cannot say, at TEXELS. Their prior is a normal distribution of unit variance, and the encoder says how sure
it is of them (a variational autoencoder: Kingma and Welling, arXiv 1312.6114).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .bend import bent, better, flow_of, undone
from .conditions import STYLES
from .sizes import CANVAS, TEXELS

LATENT = 8  # numbers of a row of W+
CANVAS_ROWS = 34  # of W+, with the canvas's coefficients in them
BEND_ROWS = 8  # with those of its bending
LAYERS = 6  # rows of W+ that steer convolutions, coarse to fine
GIVEN_ROWS = CANVAS_ROWS + BEND_ROWS  # found without a network
ROWS = GIVEN_ROWS + LAYERS
COMPONENTS = CANVAS_ROWS * LATENT


class Generator(nn.Module):
    """W+ (B,ROWS,LATENT) and a style to a texture (B,3,TEXELS,TEXELS) sRGB, about 0..1.

    Buffers: mean (3,CANVAS,CANVAS) and basis (COMPONENTS, 3*CANVAS*CANVAS), rows scaled by their deviation.
    painter: what paint() asks.
    """

    def __init__(self, components: int = COMPONENTS) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(3, CANVAS, CANVAS))
        self.register_buffer("basis", torch.zeros(components, 3 * CANVAS * CANVAS))
        self.style = nn.Embedding(len(STYLES), LATENT)
        nn.init.normal_(self.style.weight, std=0.1)
        self.painter: nn.Module | None = None

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
        return self.paint(self.canvas(w_plus), w_plus[:, GIVEN_ROWS:], self.style(style))

    def paint(self, canvas: Tensor, layers: Tensor, style: Tensor) -> Tensor:
        """The texture on a canvas (B,3,CANVAS,CANVAS); layers: (B,LAYERS,LATENT). style: (B,LATENT), embedded."""
        assert self.painter is not None
        return self.painter(canvas, layers, style)


def upsample(canvas: Tensor) -> Tensor:
    """(B,C,TEXELS,TEXELS) of (B,C,CANVAS,CANVAS)."""
    return F.interpolate(canvas, scale_factor=TEXELS // CANVAS, mode="bicubic", align_corners=False)


class Encoder(nn.Module):
    """A texture and the confidence of its texels to the layers' rows of W+.

    The canvas's rows are closed-form (Generator.project) and not given here: training changes the canvas from fold to
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
