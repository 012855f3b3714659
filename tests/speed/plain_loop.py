"""What StableDiffusionControlNetInpaintPipeline of diffusers does at each step, after words and pictures are read."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from backend.large.scene import within
from backend.large.unet import UNetPainter


class PlainLoop:
    """The pipeline's steps on the networks of a painter that is prepared, and on what it was told of its first picture.

    Args:
        wide: with the other edge's latents around the atlas, as ours has them; the pipeline knows of none.
    """

    def __init__(self, painter: UNetPainter, wide: bool) -> None:
        from diffusers import DPMSolverMultistepScheduler
        from diffusers.models.controlnets.multicontrolnet import MultiControlNetModel

        self.painter, beyond = painter, 0 if wide else painter.margin
        self.scheduler: Any = DPMSolverMultistepScheduler(trained_betas=betas(painter), timestep_spacing="trailing")
        self.scheduler.set_timesteps(painter.profile.steps, device=painter.device)
        self.controls = MultiControlNetModel(list(painter.controls.values()))
        hints = (painter.hints[name][:1].to(painter.device) for name in painter.controls)
        self.hints = [within(hint, beyond * painter.pixels).repeat(2, 1, 1, 1) for hint in hints]
        self.shown = None if painter.shown is None else within(painter.shown[:1], beyond).repeat(2, 1, 1, 1)
        self.words = painter.words[:, :1].flatten(0, 1)
        self.added: dict[str, Any] = {name: value[:, :1].flatten(0, 1) for name, value in painter.added.items()}

    def step(self, latent: Tensor, moment: Tensor) -> Tensor:
        """The next latents (1,C,s,s) of a step; both halves of the guidance in one call."""
        painter, given, added = self.painter, torch.cat([latent] * 2), dict(self.added)
        down, middle = None, None
        if self.hints:
            weights = [painter.weights[name] for name in painter.controls]
            down, middle = self.controls(
                given, moment, self.words, self.hints, weights, added_cond_kwargs=added, return_dict=False
            )
        if painter.eyes is not None:
            added["image_embeds"] = [painter.shown_face[:, None]]
        if self.shown is not None:
            given = torch.cat([given, self.shown.to(given)], 1)
        told = painter.unet(
            given,
            moment,
            self.words,
            added_cond_kwargs=added,
            down_block_additional_residuals=down,
            mid_block_additional_residual=middle,
            return_dict=False,
        )[0]
        without, led = told.chunk(2)
        told = without + painter.profile.guidance * (led - without)
        return self.scheduler.step(told, moment, latent, return_dict=False)[0]


def betas(painter: UNetPainter) -> list[float]:
    """Of the schedule whose products the painter has."""
    signal = painter.signal
    return (1 - signal / torch.cat([torch.ones(1).double(), signal[:-1]])).tolist()
