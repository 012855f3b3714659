"""The picture so far, which a job shows while it goes: a tiny decoder of latents, or a matrix."""

from typing import Any

import torch
from torch import Tensor

from ..models.store import Lock
from .layout import fit_colors, show_colors
from .load import build


class Sketch:
    """Called with clean latents (N,C,s,s), gives small sRGB pictures (N,3,t,t), float32 on the CPU.

    A profile's tiny decoder (TAESD, Ollin Boer Bohan) where it is here; else the linear colours of latents, which are
    fitted to the start's own latents and pixels.
    """

    def __init__(self, parts: Lock, kept: Tensor, start: Tensor) -> None:
        """Raises: AvatarTexError, MODEL_UNUSABLE."""
        self.decoder: Any = None
        if "preview" in parts:
            from diffusers import AutoencoderTiny

            self.decoder = build(AutoencoderTiny.from_config, parts["preview"], "", torch.float32)
            self.scale = self.decoder.config.scaling_factor
        else:
            self.matrix = fit_colors(kept, start)

    @torch.no_grad()
    def __call__(self, clean: Tensor) -> Tensor:
        if self.decoder is None:
            return show_colors(clean, self.matrix).clamp(0, 1).cpu()
        self.decoder.to(clean.device)
        shown = [self.decoder.decode(one / self.scale).sample.cpu() for one in clean.split(1)]
        self.decoder.to("cpu")
        return (torch.cat(shown) / 2 + 0.5).clamp(0, 1)
