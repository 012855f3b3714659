"""The denoisers of stages 1 and 3: diffusers' UNet over the atlas, in residual space.

Both learn r = (truth - start) / SCALE, where start is what the stage before made of the texture, so the network
spends nothing on what is known already (the idea of residual shifting: ResShift, arXiv 2307.12348).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from diffusers import UNet2DModel
from torch import Tensor, nn

from .conditions import STYLES
from .sizes import TEXELS

DROPOUT = 0.1  # the training faces are few
PATCH = 4  # texels per side folded into channels: the layers work at 64 texels


class Denoiser(nn.Module):
    """Predicts the clean residual from a noisy one and the conditions.

    Args:
        conditions: channels of the condition picture.
        widths: channels per resolution, from 64 texels down.
    """

    def __init__(self, conditions: int, widths: tuple[int, ...] = (32, 48, 64, 96)) -> None:
        super().__init__()
        self.conditions = conditions
        self.unet = UNet2DModel(
            sample_size=TEXELS // PATCH,
            in_channels=(3 + conditions) * PATCH**2,
            out_channels=3 * PATCH**2,
            block_out_channels=widths,
            layers_per_block=1,
            down_block_types=("DownBlock2D",) * (len(widths) - 1) + ("AttnDownBlock2D",),
            up_block_types=("AttnUpBlock2D",) + ("UpBlock2D",) * (len(widths) - 1),
            norm_num_groups=16,
            attention_head_dim=32,
            dropout=DROPOUT,
            num_class_embeds=len(STYLES),
        )
        nn.init.zeros_(self.unet.conv_out.weight)  # starts as the stage before: no harm done untrained
        nn.init.zeros_(self.unet.conv_out.bias)

    def forward(self, noisy: Tensor, conditions: Tensor, time: Tensor, style: Tensor) -> Tensor:
        """(B,3,S,S) clean residual from noisy (B,3,S,S), conditions (B,C,S,S), time (B,), style (B,) int64."""
        folded = F.pixel_unshuffle(torch.cat([noisy, conditions], 1), PATCH)
        return F.pixel_shuffle(self.unet(folded, time, class_labels=style).sample, PATCH)
