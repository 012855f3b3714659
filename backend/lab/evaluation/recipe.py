"""The way of the paper's released code into W+ (github.com/XZT24/AvatarTex, optimize.py), on our generator.

300 steps of Prodigy on the whole completed texture, then 80 on what is seen, pulled to the first result. Three parts
differ: it starts at the mean latent, not at a random one; the perceptual term is EfficientNet-Lite0's instead of
LPIPS-VGG; and what is seen is compared in the atlas instead of in a render of one view.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ...models.bundle import Networks
from ..training.mapping_network import Mapping, load_mapping
from .features import perceptual_distance

FIRST, SECOND = 300, 80
#: Weights of the second part: squared error, perceptual distance, pull; and the pull on the first and the last layer.
SQUARED, PERCEPTUAL, PULL, LAYERS_PULL = 10.0, 1.0, 0.5, (1.0, 0.01)


@dataclass
class Prodigy:
    """Adam whose step size finds itself (Mishchenko and Defazio, arXiv 2306.06101, algorithm 4), lr 1, one tensor."""

    value: Tensor
    distance: float = 1e-6
    betas: tuple[float, float] = (0.9, 0.999)
    state: dict = field(default_factory=dict)

    def step(self, gradient: Tensor) -> None:
        b1, b2 = self.betas
        b3, first, d = b2**0.5, 1e-6, self.distance
        if not self.state:
            zeros = torch.zeros_like(self.value)
            self.state = {"start": self.value.clone(), "m": zeros, "v": zeros, "s": zeros, "r": 0.0, "most": d}
        s = self.state
        s["r"] = b3 * s["r"] + d / first * d * float((gradient * (s["start"] - self.value)).sum())
        s["m"] = b1 * s["m"] + (1 - b1) * d * gradient
        s["v"] = b2 * s["v"] + (1 - b2) * d * d * gradient.square()
        s["s"] = b3 * s["s"] + d / first * d * gradient
        found = s["r"] / max(float(s["s"].abs().sum()), 1e-30)
        s["most"] = max(s["most"], found)
        self.value -= d * s["m"] / (s["v"].sqrt() + d * 1e-8)
        self.distance = max(d, s["most"])


@torch.no_grad()
def mean_latent(networks: Networks, style: Tensor, seed: int = 0, count: int = 2000) -> Tensor:
    """(1,ROWS,LATENT) of the mapping."""
    random = torch.Generator().manual_seed(seed)
    return load_mapping()(torch.randn(count, Mapping.Z, generator=random), style.expand(count)).mean(0, keepdim=True)


def released(
    networks: Networks,
    completed: Tensor,
    target: Tensor,
    weight: Tensor,
    style: Tensor,
    *,
    first: int = FIRST,
    second: int = SECOND,
) -> tuple[Tensor, list[tuple[float, float]]]:
    """W+ (1,ROWS,LATENT), and per step the masked mean squared error and core seconds since the start.

    Args:
        completed: (1,3,S,S) sRGB of stage 1. target: (1,3,S,S), weight: (1,1,S,S) what was seen.
    """
    value = mean_latent(networks, style).clone()
    optimiser, begin, history = Prodigy(value), time.process_time(), []
    total = 3 * weight.sum()
    reached = None
    for number in range(first + second):
        w = value.clone().requires_grad_()
        texture = networks.generator(w, style)
        error = ((texture - target).square() * weight).sum() / total
        if number < first:
            loss = (texture - completed).abs().mean() + perceptual_distance(texture, completed).mean()
        else:
            reached = value.clone() if reached is None else reached
            layers = torch.linspace(*LAYERS_PULL, w.shape[1], device=w.device)[None, :, None]
            near = torch.where(weight > 0, texture, target)
            loss = SQUARED * error + PERCEPTUAL * perceptual_distance(near, target, weight).mean()
            loss = loss + PULL * (layers * (w - reached).square()).mean()
        (gradient,) = torch.autograd.grad(loss, w)
        optimiser.step(gradient)
        history.append((float(error.detach()), time.process_time() - begin))
    return value, history


def adam(
    networks: Networks,
    target: Tensor,
    weight: Tensor,
    style: Tensor,
    *,
    steps: int = FIRST + SECOND,
    rate: float = 0.05,
) -> tuple[Tensor, list[tuple[float, float]]]:
    """The same number of Adam steps on the masked squared error alone: what the recipe could reach at best."""
    value = mean_latent(networks, style).clone().requires_grad_()
    optimiser, begin, history = torch.optim.Adam([value], lr=rate), time.process_time(), []
    for _ in range(steps):
        error = ((networks.generator(value, style) - target).square() * weight).sum() / (3 * weight.sum())
        optimiser.zero_grad()
        error.backward()
        optimiser.step()
        history.append((float(error.detach()), time.process_time() - begin))
    return value.detach(), history
