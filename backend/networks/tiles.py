"""The denoiser of fine detail: residual shifting from a smooth tile of skin to a sharp one, on the unrolled head.

One network serves all sizes, an octave after another: at 256 pixels per face height it starts from what the atlas
holds, at each doubling from what it made before. Nothing in it looks at a whole tile (norms are per pixel), so tiles
that overlap agree.
"""

from __future__ import annotations

import itertools
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .conditions import haar_high

#: Pixels of a tile's side, and of the margin on each that fades into the next.
TILE, MARGIN = 192, 16
#: Pixels per face height that the network works at: the first from the atlas, each other from the one before.
DENSITIES = (256, 512, 1024)
#: sRGB; the residual's standard deviation on the training skins.
SPREAD = 0.03
#: Of bare skin, in units of that.
PORES = 0.3
#: Steps, and the noise's deviation at the start, in units of SPREAD.
STEPS, KAPPA = 4, 1.5
#: Channels at full size (residual, start, seen detail and how surely) and at half (place and density).
PICTURES, PLACES = 3 + 3 + 4, 7
WIDTHS = (24, 48, 64)


def shifts() -> Tensor:
    """(STEPS,) how far the residual is shifted away at each step, the last (noisiest) almost wholly.

    ResShift (Yue et al., arXiv 2307.12348), eq. 14: sqrt(eta_t) = sqrt(eta_1) b^beta_t, with p = 1 where the paper has
    0.3: a step ends near the fifth of SPREAD that pores have, or bare skin came out 14 dB too weak.
    """
    first, last = min((0.04 / KAPPA) ** 2, 0.001), 0.999
    return torch.tensor([
        first * math.exp(math.log(last / first) * t / (STEPS - 1)) for t in range(STEPS)
    ])


def scales() -> Tensor:
    """(STEPS,3) c_skip, c_out and c_in of Karras et al. (arXiv 2206.00364, eq. 7), for states that are shifted, too:
    what of the state is the clean residual for certain, how much the network adds, and what makes its input unit.

    Without them few steps of a small network leave skin bare of its pores: it first has to learn to pass them on.
    """
    eta = shifts()
    kept, noise = 1 - eta, KAPPA**2 * eta
    whole = kept**2 * PORES**2 + noise
    return torch.stack([kept * PORES**2 / whole, noise.sqrt() * PORES / whole.sqrt(), 1 / whole.sqrt()], 1)


def shifted(residual: Tensor, noise: Tensor, step: Tensor) -> Tensor:
    """x_t - y of ResShift's eq. 2, q(x_t | x_0, y) = N(x_0 + eta_t (y - x_0), kappa^2 eta_t), where residual is
    x_0 - y: (B,3,H,W), at steps (B,)."""
    eta = shifts().to(residual.device)[step][:, None, None, None]
    return (1 - eta) * residual + KAPPA * eta.sqrt() * noise


def back(state: Tensor, clean: Tensor, noise: Tensor, step: int, to: int) -> Tensor:
    """ResShift's eq. 7, from a step to any before it: x_s - y of x_t - y, given the network's guess of the clean
    residual."""
    eta = shifts()
    before = eta[to]
    share, spread = before / eta[step], KAPPA * (before / eta[step] * (eta[step] - before)).sqrt()
    return share * state + (1 - share) * clean + spread * noise


def guided(detail: Tensor, confidence: Tensor) -> Tensor:
    """(B,4,H,W): gradients and the Haar high band of seen detail (conditions.repaint_conditions), and how surely it is
    seen.

    Args:
        detail: (B,3,H,W) sRGB, what the portrait shows beyond the smooth start. confidence: (B,1,H,W).
    """
    grey = (detail * detail.new_tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True) / SPREAD
    across = (torch.roll(grey, -1, 3) - grey) * confidence * torch.roll(confidence, -1, 3)
    down = (torch.roll(grey, -1, 2) - grey) * confidence * torch.roll(confidence, -1, 2)
    return torch.cat([across, down, haar_high(grey) * confidence, confidence], 1)


def placed(place: Tensor, density: Tensor) -> Tensor:
    """(B,7,h,w) of unrolled places (B,2,h,w), face heights from the middle and down, and densities (B,)."""
    waves = 2 * math.pi * 1.5 * place
    level = torch.log2(density / DENSITIES[0]).view(-1, 1, 1, 1).expand(-1, 1, *place.shape[2:])
    return torch.cat([place, waves.sin(), waves.cos(), level], 1)


class Block(nn.Module):
    """x + two convolutions, scaled and moved by the step; normed over channels, pixel by pixel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        self.steps = nn.Embedding(STEPS, 2 * width)
        nn.init.zeros_(self.steps.weight)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Tensor, step: Tensor) -> Tensor:
        scale, move = self.steps(step)[:, :, None, None].chunk(2, 1)
        y = x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-4) * (1 + scale) + move
        return x + self.second(F.silu(self.first(F.silu(y))))


class TileDenoiser(nn.Module):
    """The clean residual, in units of SPREAD, of a shifted and noisy one and the conditions."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.enter = nn.Conv2d(4 * PICTURES + PLACES, widths[0], 3, padding=1)
        pairs = list(itertools.pairwise(widths))
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairs)
        self.up = nn.ModuleList(nn.Conv2d(b, a, 3, padding=1) for a, b in pairs)
        self.falling = nn.ModuleList(Block(width) for width in widths)
        self.rising = nn.ModuleList(Block(width) for width in widths)
        self.leave = nn.Conv2d(widths[0], 12, 3, padding=1)
        self.register_buffer("scales", scales(), persistent=False)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, noisy: Tensor, start: Tensor, seen: Tensor, place: Tensor, step: Tensor) -> Tensor:
        """(B,3,H,W) of noisy (B,3,H,W), start (B,3,H,W) sRGB, seen (B,4,H,W) of guided(), place (B,7,H/2,W/2) of
        placed(), step (B,) int64."""
        skip, out, unit = self.scales[step][:, :, None, None, None].unbind(1)
        pictures = F.pixel_unshuffle(torch.cat([unit * noisy, 4 * (start - 0.5), seen], 1), 2)
        x, kept = self.enter(torch.cat([pictures, place], 1)), []
        for block, down in zip(self.falling, [*self.down, None], strict=True):
            x = block(x, step)
            if down is not None:
                kept.append(x)
                x = down(x)
        for number in reversed(range(len(self.rising))):
            x = self.rising[number](x, step)
            if number:
                x = kept.pop() + self.up[number - 1](F.interpolate(x, scale_factor=2.0, mode="nearest"))
        return skip * noisy + out * F.pixel_shuffle(self.leave(x), 2)
