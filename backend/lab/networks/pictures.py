"""The product's arithmetic of pictures, on tensors and without gradient: where trainings meet it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import numpy as np
import torch
from torch import Tensor, nn

from ...networks.noise import draw_noise
from ...networks.planes import Network, to_picture, to_planes


def on_tensors(function: Callable[..., np.ndarray]) -> Callable[..., Tensor]:
    """A function of pictures (H,W,C), as one of tensors (1,C,H,W) or (C,H,W) to (1,C,H,W); what else it takes stays."""

    @wraps(function)
    def called(*given: Tensor | float) -> Tensor:
        pictures = [
            to_picture(one.reshape(one.shape[-3:]).numpy()) if isinstance(one, Tensor) else one for one in given
        ]
        return torch.from_numpy(to_planes(function(*pictures)))

    return called


def seeded(random: torch.Generator) -> np.random.Generator:
    """NumPy's generator, seeded by torch's, which goes on."""
    return np.random.default_rng(int(torch.randint(2**62, (), generator=random)))


def drawn_noise(count: int, random: torch.Generator) -> Tensor:
    """(count,3,TEXELS,TEXELS) of stage 1, in units of SCALE."""
    own = seeded(random)
    return torch.from_numpy(to_planes(*(draw_noise(own) for _ in range(count))))


def on_arrays(module: nn.Module) -> Network:
    """A module as a job calls a network: arrays in, a tuple of arrays out."""
    module = module.eval().requires_grad_(False)

    def called(*given: np.ndarray) -> tuple[np.ndarray, ...]:
        made = module(*(torch.from_numpy(np.ascontiguousarray(one)) for one in given))
        return tuple(one.numpy() for one in (made if isinstance(made, tuple) else (made,)))

    return called
