"""The denoiser of stage 3: diffusers' UNet over the atlas's fine detail.

It learns detail in units of what is usual at each place (detail.py), so that noise is as strong as what it hides
everywhere. The output is preconditioned by its optimal share of the noisy input (Karras et al., arXiv 2206.00364,
section 5): the layers say the velocity (Salimans and Ho, arXiv 2202.00512).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from diffusers import UNet2DModel
from torch import Tensor, nn

from ...networks.conditions import STYLES, kept_signal
from ...networks.sizes import TEXELS
from .blocks import silence

PATCH = 2  # texels per side folded into channels: the layers work at 128 places per side


class Denoiser(nn.Module):
    """Predicts clean detail from noisy detail and the conditions.

    Args:
        conditions: channels of the condition picture. widths: per resolution, from 128 places per side down.
    """

    def __init__(self, conditions: int, widths: tuple[int, ...] = (32, 64, 96, 128)) -> None:
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
            num_class_embeds=len(STYLES),
        )
        silence(self.unet.conv_out)
        self.register_buffer("kept", torch.from_numpy(kept_signal()), persistent=False)

    def forward(self, noisy: Tensor, conditions: Tensor, time: Tensor, style: Tensor) -> Tensor:
        """(B,3,H,W) clean detail from noisy (B,3,H,W), conditions (B,C,H,W), time (B,), style (B,) int64."""
        kept = self.kept[time][:, None, None, None]
        folded = F.pixel_unshuffle(torch.cat([noisy, conditions], 1), PATCH)
        made = F.pixel_shuffle(self.unet(folded, time, class_labels=style).sample, PATCH)
        return kept.sqrt() * noisy - (1 - kept).sqrt() * made
