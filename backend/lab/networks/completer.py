"""The network of stage 1: from a noisy residual to the clean one, given what the portrait shows and the prior's guess.

A U-Net over patches of the atlas, small because the atlas is aligned: a place of its layers is always the same place
of the head and has a bias of its own. It learns r = (truth - start) / SCALE by residual shifting (ResShift, Yue et al.,
arXiv 2307.12348): r_eta = (1 - eta) r + sqrt(eta) e, eta from 1, the prior's guess, to 0. The noise e has the
residual's own spectrum, so that what is coarse is drawn as well as what is fine (noise.py); the output is
preconditioned by its optimal share of r_eta (Karras et al., arXiv 2206.00364, section 5).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...networks.conditions import STYLES
from ...networks.sizes import TEXELS
from .blocks import Attention, Block, silence

PATCH = 8  # texels per side folded into channels: the first layers work at 32 places per side
EMBEDDED = 128  # numbers that say eta and the style


class Steered(Block):
    """A block in which what is said, (B,EMBEDDED), scales and shifts in between."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 16)
        self.steer = nn.Linear(EMBEDDED, 2 * outputs)
        nn.init.zeros_(self.steer.weight)

    def forward(self, x: Tensor, said: Tensor) -> Tensor:
        scale, shift = self.steer(said)[..., None, None].chunk(2, 1)
        made = self.between(self.first(F.silu(self.before(x))))
        return self.around(x) + self.second(F.silu(made * (1 + scale) + shift))


class Completer(nn.Module):
    """Predicts the clean residual, and how large its error is. widths: channels at 32, 16 and 8 places per side.

    Args of its call:
        noisy: (B,3,S,S) r_eta. start: (B,3,S,S) sRGB, the priors' completion. colour, confidence: (B,3,S,S) sRGB and
        (B,1,S,S), what is visible. eta: (B,) 0..1. style: (B,) int64.

    Returns (B,3,S,S) residual and (B,1,S/PATCH,S/PATCH) logarithm of its squared error's mean in each patch, both in
    units of SCALE.
    """

    def __init__(self, widths: tuple[int, ...] = (64, 128, 192)) -> None:
        super().__init__()
        side, first = TEXELS // PATCH, widths[0]
        # noisy, start, what the start lacks where it shows, confidence
        self.enter = nn.Linear((3 + 3 + 3 + 1) * PATCH**2, 2 * first)
        self.home = nn.Parameter(0.02 * torch.randn(first, side, side))
        self.style = nn.Embedding(len(STYLES), EMBEDDED)
        self.say = nn.Sequential(nn.Linear(EMBEDDED, EMBEDDED), nn.SiLU(), nn.Linear(EMBEDDED, EMBEDDED), nn.SiLU())
        self.down = nn.ModuleList(Steered(a, b) for a, b in zip((first, *widths), widths))
        self.looks = Attention(widths[-1])
        self.middle = Steered(widths[-1], widths[-1])
        self.up = nn.ModuleList(
            Steered(above + width, width) for above, width in zip((widths[-1], *widths[:0:-1]), widths[::-1])
        )
        self.norm = nn.GroupNorm(16, first)
        # patches overlap by half, or their grid shows
        self.leave = nn.ConvTranspose2d(first, 3, 2 * PATCH, stride=PATCH, padding=PATCH // 2)
        self.error = nn.Conv2d(first, 1, 1)
        silence(self.leave, self.error)

    def forward(
        self, noisy: Tensor, start: Tensor, colour: Tensor, confidence: Tensor, eta: Tensor, style: Tensor
    ) -> tuple[Tensor, Tensor]:
        eta = eta.view(-1, 1, 1, 1)
        signal, spread = 1 - eta, eta.sqrt()
        power = signal.square() + spread.square()
        # where nothing is visible the network is given nothing, whatever the colours are there
        lacking = 4 * confidence * (colour - start)
        shown = F.pixel_unshuffle(torch.cat([noisy / power.sqrt(), start - 0.5, lacking, confidence], 1), PATCH)
        here, mirrored = self.enter(shown.permute(0, 2, 3, 1)).permute(0, 3, 1, 2).chunk(2, 1)
        x = here + mirrored.flip(-1) + self.home
        said = self.say(self.style(style) + waves(eta.flatten()))
        kept = []
        for i, block in enumerate(self.down):
            x = block(F.avg_pool2d(x, 2) if i else x, said)
            kept.append(x)
        x = self.middle(self.looks(x), said)
        for block in self.up:
            x = block(torch.cat([x, kept.pop()], 1), said)
            if kept:
                x = F.interpolate(x, scale_factor=2.0, mode="bilinear")
        x = F.silu(self.norm(x))
        return signal / power * noisy + spread / power.sqrt() * self.leave(x), self.error(x)


def waves(eta: Tensor) -> Tensor:
    """(B,EMBEDDED) cosines and sines of (B,) 0..1."""
    speed = torch.exp(torch.linspace(0, math.log(100), EMBEDDED // 2, device=eta.device))
    angle = eta[:, None] * speed
    return torch.cat([angle.cos(), angle.sin()], 1)
