"""The texture generator: style-based synthesis in the atlas, steered by one w per layer (W+).

Modulated convolutions with demodulation, skip outputs (Karras et al., StyleGAN2, arXiv 1912.04958, sections 2 and 3),
written for this project. The first w holds the coefficients of a linear canvas (the PCA of the textures); the layers
add what it cannot say.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .denoiser import STYLES

LATENT = 128
CHANNELS = {4: 96, 8: 96, 16: 96, 32: 64, 64: 32, 128: 16}
LAYERS = 1 + 2 * len(CHANNELS) - 1      # the canvas, then one layer at 4 texels and two at each size above


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
        return F.leaky_relu(x * norm[:, :, None, None] + self.bias[:, None, None], 0.2)


class Generator(nn.Module):
    """W+ (B,LAYERS,LATENT) and a style to a texture (B,3,128,128) sRGB, about 0..1."""

    def __init__(self, components: int = 48) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(3, 128, 128))
        self.register_buffer("basis", torch.zeros(components, 3 * 128 * 128))  # rows scaled by their deviation
        self.start = nn.Parameter(torch.randn(CHANNELS[4], 4, 4))
        self.style = nn.Embedding(len(STYLES), LATENT)
        nn.init.zeros_(self.style.weight)
        self.convs, self.outputs = nn.ModuleList(), nn.ModuleList()
        before = CHANNELS[4]
        for size, channels in CHANNELS.items():
            self.convs.append(ModulatedConv(before, channels))
            if size > 4:
                self.convs.append(ModulatedConv(channels, channels))
            self.outputs.append(nn.Conv2d(channels, 3, 1))
            before = channels
        for layer in self.outputs:
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def project(self, texture: Tensor) -> tuple[Tensor, Tensor]:
        """Coefficients (B,components) in deviations of a complete texture (B,3,128,128), and the canvas they paint."""
        scaled = self.basis / self.basis.square().sum(1, keepdim=True).clamp(min=1e-12)
        coefficients = (texture - self.mean).flatten(1) @ scaled.T
        return coefficients, (coefficients @ self.basis).view_as(texture) + self.mean

    def forward(self, w_plus: Tensor, style: Tensor) -> Tensor:
        """w_plus: (B,LAYERS,LATENT). style: (B,) int64."""
        canvas = (w_plus[:, 0, : len(self.basis)] @ self.basis).view(-1, 3, 128, 128) + self.mean
        w_plus = w_plus + self.style(style)[:, None]
        x = self.start.expand(len(w_plus), -1, -1, -1)
        x = self.convs[0](x, w_plus[:, 1])
        rgb = self.outputs[0](x)
        for i, layer in enumerate(self.outputs[1:]):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = self.convs[2 * i + 1](x, w_plus[:, 2 * i + 2])
            x = self.convs[2 * i + 2](x, w_plus[:, 2 * i + 3])
            rgb = F.interpolate(rgb, scale_factor=2, mode="bilinear", align_corners=False) + layer(x)
        return canvas + 0.3 * rgb


class Mapping(nn.Module):
    """z (B,LATENT), normal, to W+ (B,LAYERS,LATENT): for samples; trained to meet the encoder's distribution."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(LATENT, 256), nn.LeakyReLU(0.2), nn.Linear(256, 256), nn.LeakyReLU(0.2),
            nn.Linear(256, LAYERS * LATENT),
        )

    def forward(self, z: Tensor) -> Tensor:
        return self.net(z).view(-1, LAYERS, LATENT)


class Encoder(nn.Module):
    """A completed texture and the confidence of its texels to W+: where the search of stage 2 starts.

    The first w is the texture's projection on the canvas; the others come from a small convolutional network, which
    does not see the coefficients: training changes the canvas from fold to fold.
    """

    def __init__(self) -> None:
        super().__init__()
        widths = (32, 64, 96, 128, 128)
        blocks, before = [], (3 + 1 + 3) * 4
        for width in widths:
            blocks += [nn.Conv2d(before, width, 3, padding=1, stride=1 if before == 28 else 2),
                       nn.GroupNorm(8, width), nn.LeakyReLU(0.2)]
            before = width
        self.body = nn.Sequential(*blocks)
        self.head = nn.Sequential(nn.Linear(128 * 4 * 4, 512), nn.LeakyReLU(0.2), nn.Dropout(0.1))
        self.out = nn.Linear(512, (LAYERS - 1) * LATENT)
        nn.init.normal_(self.out.weight, std=0.1 / 512**0.5)
        nn.init.zeros_(self.out.bias)

    def forward(self, texture: Tensor, confidence: Tensor, coefficients: Tensor, canvas: Tensor) -> Tensor:
        """(B,LAYERS,LATENT) from texture (B,3,128,128) sRGB, confidence (B,1,128,128), and Generator.project's
        coefficients (B,components) in deviations and canvas (B,3,128,128)."""
        x = F.pixel_unshuffle(torch.cat([texture - 0.5, confidence, texture - canvas], 1), 2)
        others = self.out(self.head(self.body(x).flatten(1))).view(-1, LAYERS - 1, LATENT)
        first = F.pad(coefficients, (0, LATENT - coefficients.shape[1]))[:, None]
        return torch.cat([first, others], 1)
