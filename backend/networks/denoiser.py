"""The denoisers of stages 1 and 3: diffusers' UNet over the atlas, in residual space.

Both learn r = (truth - start) / SCALE, where start is what the stage before made of the texture, so the network
spends nothing on what is known already (the idea of residual shifting: ResShift, arXiv 2307.12348).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from diffusers import DDIMScheduler, UNet2DModel
from torch import Tensor, nn

STYLES = ("photo", "cartoon", "anime", "painting")
SCALE = 0.12            # sRGB; the residual's standard deviation on the training faces
DROPOUT = 0.1           # the training faces are few
PATCH = 2               # texels per side folded into channels: a quarter of the cost, and skin has no finer structure


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
            sample_size=128 // PATCH,
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


def scheduler() -> DDIMScheduler:
    """The noise schedule shared by training and inference."""
    return DDIMScheduler(
        num_train_timesteps=1000, beta_schedule="squaredcos_cap_v2", prediction_type="sample", clip_sample=False,
    )


def inpaint_conditions(start: Tensor, colour: Tensor, confidence: Tensor, geometry: Tensor) -> Tensor:
    """(B,14,S,S): the linear start, what was seen, how surely, the same mirrored, and where on the head each texel is.

    Args:
        start, colour: (B,3,S,S) sRGB. confidence: (B,1,S,S). geometry: (3,S,S) canonical positions.
    """
    seen = colour * confidence
    return torch.cat([
        start - 0.5, seen, confidence, seen.flip(-1), confidence.flip(-1), geometry.expand(len(start), -1, -1, -1),
    ], 1)


def repaint_conditions(start: Tensor, colour: Tensor, confidence: Tensor, geometry: Tensor) -> Tensor:
    """(B,14,S,S): the latent result, what was seen, how surely, its gradients and wavelet high band, and the place.

    Gradients condition the network in training and inference (Athar et al., ECCV 2024, "Bridging the gap"); the
    high band is the sum over directions of one Haar level (Zhang and Cheng 2025).
    """
    seen = colour * confidence
    grey = (colour * colour.new_tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)
    across = (torch.roll(grey, -1, 3) - grey) * confidence * torch.roll(confidence, -1, 3)
    down = (torch.roll(grey, -1, 2) - grey) * confidence * torch.roll(confidence, -1, 2)
    high = haar_high(grey) * confidence
    return torch.cat([
        start - 0.5, seen, confidence, 4 * across, 4 * down, 4 * high, confidence.flip(-1),
        geometry.expand(len(start), -1, -1, -1),
    ], 1)


def haar_high(grey: Tensor) -> Tensor:
    """(B,1,S,S): the three directional high bands of one Haar level, summed and brought back to full size."""
    a, b, c, d = grey[..., ::2, ::2], grey[..., ::2, 1::2], grey[..., 1::2, ::2], grey[..., 1::2, 1::2]
    bands = ((a + b - c - d).abs() + (a - b + c - d).abs() + (a - b - c + d).abs()) / 4
    return bands.repeat_interleave(2, -1).repeat_interleave(2, -2)
