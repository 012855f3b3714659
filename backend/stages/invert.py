"""A texture, or what is seen of one, to the generator's W+, in a few dozen steps.

The canvas is linear in the first w, so for any values of the others the best first w is one small solve away (variable
projection, Golub and Pereyra 1973). The others start at the encoder's guess and go down by L-BFGS (Liu and Nocedal
1989).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor

from ..models.bundle import Networks
from ..networks.linear import CORRELATED, NOISE
from .observation import OnStep

#: Evaluations of the generator and its gradient.
STEPS = 32
#: Standard deviation of the other w about the guess: wide, for at 0.5 they stay where they are (28.2 dB of what
#: is seen after 32 evaluations at 4, 29.1 at 30, the same unseen: one held-out photograph).
SPREAD = 30.0


@dataclass(frozen=True)
class Inversion:
    """w_plus: (1,LAYERS,LATENT). texture: (1,3,S,S) sRGB, the generator's. history: per evaluation, the masked
    mean squared error (sRGB squared) of the best so far and core seconds since the start."""

    w_plus: Tensor
    texture: Tensor
    history: list[tuple[float, float]]


def encoded(networks: Networks, completed: Tensor, weight: Tensor) -> Tensor:
    """(1,LAYERS,LATENT) the encoder's guess for a complete texture (1,3,S,S) of which weight (1,1,S,S) was seen."""
    coefficients, canvas = networks.generator.project(completed)
    return networks.encoder(completed, weight, coefficients, canvas)


def invert(
    networks: Networks, target: Tensor, weight: Tensor, style: Tensor, start: Tensor, *, steps: int = STEPS,
    on_step: OnStep | None = None,
) -> Inversion:
    """The W+ whose texture explains the target where it has weight.

    Args:
        target: (1,3,S,S) sRGB. weight: (1,1,S,S) 0..1. style: (1,) int64. start: (1,LAYERS,LATENT), see encoded().
        steps: evaluations at most.
    """
    begun = time.process_time()
    generator = networks.generator
    basis, mean = generator.basis, generator.mean
    weight = weight.expand_as(target)
    total, noise = weight.sum().clamp(min=1e-6), CORRELATED * NOISE**2
    weighted = basis * weight.flatten()
    system = weighted @ basis.T + noise * torch.eye(len(basis), device=basis.device)
    factor = torch.linalg.cholesky(system)
    others = start[:, 1:].clone().requires_grad_()
    best: dict = {"loss": float("inf"), "error": float("inf")}
    history: list[tuple[float, float]] = []

    def added() -> Tensor:
        """What the layers add to the canvas's mean."""
        return generator(torch.cat([torch.zeros_like(start[:, :1]), others], 1), style) - mean

    def evaluate() -> Tensor:
        optimiser.zero_grad()
        layers = added()
        left = target - mean - layers
        coefficients = torch.cholesky_solve((weighted @ left.detach().flatten())[:, None], factor)[:, 0]
        canvas = (coefficients @ basis).view_as(target)
        error = ((left - canvas).square() * weight).sum()
        loss = (error + noise * coefficients.square().sum()) / noise
        loss = loss + ((others - start[:, 1:]) / SPREAD).square().sum()
        loss.backward()  # of the others alone: at the best coefficients the loss is flat in them
        if float(loss.detach()) < best["loss"]:
            best.update(loss=float(loss.detach()), error=float(error.detach() / total), coefficients=coefficients,
                        others=others.detach().clone(), texture=(mean + layers + canvas).detach())
        history.append((best["error"], time.process_time() - begun))
        if on_step:
            on_step(min(1.0, len(history) / steps))
        return loss

    optimiser = torch.optim.LBFGS(
        [others], max_iter=steps, max_eval=steps, history_size=steps, line_search_fn="strong_wolfe",
        tolerance_grad=0, tolerance_change=0,
    )
    with torch.enable_grad():
        optimiser.step(evaluate) if steps > 1 else evaluate()
    first = torch.zeros_like(start[:, :1])
    first[0, 0, : len(basis)] = best["coefficients"]
    return Inversion(torch.cat([first, best["others"]], 1), best["texture"], history)
