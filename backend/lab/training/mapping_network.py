"""Random samples of the generator: which W+ textures have, by style. Jobs draw none, so it does not ship."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from ...networks.conditions import STYLES
from ..networks.generator import LATENT, ROWS

FILE = "mapping.safetensors"


class Mapping(nn.Module):
    """z (B,Z), normal, and a style to W+ (B,ROWS,LATENT), for samples.

    Per style the linear map that gives W+ of the training textures their mean and covariance (the strongest Z
    directions), and a network that bends it; trained to meet their distribution.
    """

    Z = 128

    def __init__(self) -> None:
        super().__init__()
        size = ROWS * LATENT
        self.register_buffer("mean", torch.zeros(len(STYLES), size))
        self.register_buffer("axes", torch.zeros(len(STYLES), self.Z, size))
        self.style = nn.Embedding(len(STYLES), 32)
        self.bend = nn.Sequential(
            nn.Linear(self.Z + 32, 256), nn.LeakyReLU(0.2), nn.Linear(256, 256), nn.LeakyReLU(0.2), nn.Linear(256, size)
        )
        nn.init.zeros_(self.bend[-1].weight)
        nn.init.zeros_(self.bend[-1].bias)

    def forward(self, z: Tensor, style: Tensor, truncation: float = 1.0) -> Tensor:
        """truncation: below 1 pulls samples to the style's mean (StyleGAN's truncation trick)."""
        straight = torch.einsum("bz,szw->sbw", z, self.axes)[style, torch.arange(len(z), device=z.device)]
        bent = self.bend(torch.cat([z, self.style(style)], 1))
        return (self.mean[style] + truncation * (straight + bent)).view(-1, ROWS, LATENT)


def load_mapping(folder: Path | None = None) -> Mapping:
    """The trained mapping, in eval mode; that of this folder where none is named or it has none."""
    own = Path(__file__).parent
    mapping = Mapping()
    mapping.load_state_dict(
        {
            key: value.float()
            for key, value in load_file((folder if folder and (folder / FILE).is_file() else own) / FILE).items()
        }
    )
    return mapping.eval().requires_grad_(False)
