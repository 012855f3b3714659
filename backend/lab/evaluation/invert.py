"""A texture, or what is seen of one, to the generator's W+, in a few dozen steps.

The canvas enters linearly but for its bending and what the layers paint on it: its best coefficients under no layers
are one solve, and the solve's own factor makes all directions of it equally steep. Bending starts where Gauss-Newton
left it, layers at the encoder's guess. From there all go down together by L-BFGS (Liu and Nocedal 1989).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ...models.bundle import Networks
from ...networks.bend import bent, flow_of, undone
from ...networks.generator import CANVAS_ROWS, COMPONENTS, GIVEN_ROWS, LATENT, Generator
from ...networks.sizes import CANVAS, TEXELS
from ...prior.linear import NOISE
from ...stages.stage import OnStep

#: Evaluations of the generator and its gradient.
STEPS = 32
#: Standard deviation of the layers' rows about the guess: wide, or they stay where they are.
SPREAD = 30.0
#: How many texels of the canvas count as one observation.
CORRELATED = 120.0


@dataclass(frozen=True)
class Inversion:
    """w_plus: (1,ROWS,LATENT). texture: (1,3,S,S) sRGB, the generator's. history: per evaluation, the masked
    mean squared error (sRGB squared) of the best so far and core seconds since the start."""

    w_plus: Tensor
    texture: Tensor
    history: list[tuple[float, float]]


def invert(
    networks: Networks,
    target: Tensor,
    weight: Tensor,
    style: Tensor,
    start: Tensor,
    *,
    steps: int = STEPS,
    noise: float = CORRELATED * NOISE**2,
    on_step: OnStep | None = None,
) -> Inversion:
    """The W+ whose texture explains the target where it has weight.

    Args:
        target: (1,3,S,S) sRGB. weight: (1,1,S,S) 0..1. style: (1,) int64. start: (1,ROWS,LATENT), by latent.project().
        steps: evaluations at most. noise: variance of a texel, sRGB; low for textures that are wholly known.
    """
    begun = time.process_time()
    generator = networks.generator
    scale = (TEXELS // CANVAS) ** 2
    straight = undone(flow_of(start[:, CANVAS_ROWS:GIVEN_ROWS].flatten(1)))
    first, factor = fitted_canvas(generator, target, weight, noise, straight)
    weight = weight.expand_as(target)
    total = weight.sum().clamp(min=1e-6)
    guess = start[:, GIVEN_ROWS:]
    moves = torch.zeros_like(first).requires_grad_()
    bending = start[:, CANVAS_ROWS:GIVEN_ROWS].clone().requires_grad_()
    layers = guess.clone().requires_grad_()
    best: dict = {"loss": float("inf"), "error": float("inf")}
    history: list[tuple[float, float]] = []

    def evaluate() -> Tensor:
        optimiser.zero_grad()
        coefficients = first + torch.linalg.solve_triangular(factor.T, moves[:, None], upper=True)[:, 0]
        padded = F.pad(coefficients, (0, COMPONENTS - len(coefficients)))
        w_plus = torch.cat([padded.view(1, CANVAS_ROWS, LATENT), bending, layers], 1)
        texture = generator(w_plus, style)
        error = ((texture - target).square() * weight).sum()
        loss = error / (noise * scale) + coefficients.square().sum() + bending.square().sum()
        loss = loss + ((layers - guess) / SPREAD).square().sum()
        loss.backward()
        if float(loss.detach()) < best["loss"]:
            best.update(
                loss=float(loss.detach()),
                error=float(error.detach() / total),
                w_plus=w_plus.detach(),
                texture=texture.detach(),
            )
        history.append((best["error"], time.process_time() - begun))
        if on_step:
            on_step(min(1.0, len(history) / steps))
        return loss

    optimiser = torch.optim.LBFGS(
        [moves, bending, layers],
        max_iter=steps,
        max_eval=steps,
        history_size=steps,
        line_search_fn="strong_wolfe",
        tolerance_grad=0,
        tolerance_change=0,
    )
    with torch.enable_grad():
        optimiser.step(evaluate) if steps > 1 else evaluate()
    return Inversion(best["w_plus"], best["texture"], history)


def fitted_canvas(
    generator: Generator, target: Tensor, weight: Tensor, noise: float, straight: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """(K,) the canvas's coefficients that explain the target best without layers, and the Cholesky factor (K,K).

    Args:
        straight: (1,2,CANVAS,CANVAS) the flow that undoes the canvas's bending.
    """
    share = F.avg_pool2d(weight, TEXELS // CANVAS)
    small = F.avg_pool2d(target * weight, TEXELS // CANVAS)
    if straight is not None:
        share, small = bent(share, straight).clamp(min=0), bent(small, straight)
    small = small / share.clamp(min=1e-6)
    weighted = generator.basis * share.expand_as(small).flatten()
    eye = torch.eye(len(generator.basis), device=target.device)
    factor = torch.linalg.cholesky(weighted @ generator.basis.T / noise + eye)
    explained = weighted @ (small - generator.mean).flatten() / noise
    return torch.cholesky_solve(explained[:, None], factor)[:, 0], factor
