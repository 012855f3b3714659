"""What the U-Nets over the aligned atlas are made of."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class Block(nn.Module):
    """Two convolutions and a way around them."""

    def __init__(self, inputs: int, outputs: int, groups: int) -> None:
        super().__init__()
        self.before, self.first = nn.GroupNorm(groups, inputs), nn.Conv2d(inputs, outputs, 3, padding=1)
        self.between, self.second = nn.GroupNorm(groups, outputs), nn.Conv2d(outputs, outputs, 3, padding=1)
        self.around = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        silence(self.second)

    def forward(self, x: Tensor) -> Tensor:
        made = self.first(F.silu(self.before(x)))
        return self.around(x) + self.second(F.silu(self.between(made)))


class Attention(nn.Module):
    """Every place looks at every other: the left cheek at the right one."""

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm, self.asks = nn.GroupNorm(16, width), nn.Conv2d(width, 3 * width, 1)
        self.out = nn.Conv2d(width, width, 1)
        silence(self.out)

    def forward(self, x: Tensor) -> Tensor:
        batch, width, height, across = x.shape
        parts = self.asks(self.norm(x)).view(batch, 3, self.heads, width // self.heads, height * across)
        query, key, value = parts.transpose(-1, -2).unbind(1)
        share = (query @ key.transpose(-1, -2) / (width // self.heads) ** 0.5).softmax(-1)
        return x + self.out((share @ value).transpose(-1, -2).reshape(batch, width, height, across))


def silence(*layers: nn.Conv2d | nn.ConvTranspose2d | nn.Linear) -> None:
    """Let layers begin with saying nothing."""
    for layer in layers:
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
