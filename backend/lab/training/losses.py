"""What the texture generator learns: (networks, batch) -> named terms that are added up."""

from __future__ import annotations

import torch
from torch import Tensor

from ...models.bundle import Networks
from ...networks.conditions import SCALE
from ...networks.generator import upsample
from .batches import Batch

#: Weight of the layers' distance to their normal prior: samples need it, and it keeps what is unsure near the mean.
PRIOR = 3e-5
#: Share of samples that the generator sees whole: inversion of what is known.
WHOLE = 0.5


def reconstruction(predicted: Tensor, residual: Tensor, confidence: Tensor, valid: Tensor) -> dict[str, Tensor]:
    seen = confidence.clamp(max=1) * valid
    return {
        "seen": 0.5 * relative(predicted, residual, seen),
        "unseen": relative(predicted, residual, valid - seen),
        "gradient": 0.1 * gradient_loss(predicted, residual, valid),
    }


def relative(predicted: Tensor, residual: Tensor, weight: Tensor) -> Tensor:
    """Squared error as a share of the start's own, per sample: 1 means no better than the start.

    A plain mean belongs to the few samples whose start is far off (a baboon, a beard out of nowhere): the network
    mended those and cost the others up to 1 dB.
    """
    total = 3 * weight.sum((1, 2, 3)).clamp(min=1)
    error = ((predicted - residual).square() * weight).sum((1, 2, 3)) / total
    start = (residual.square() * weight).sum((1, 2, 3)) / total
    return (error / (start + 0.02)).mean()


def gradient_loss(a: Tensor, b: Tensor, valid: Tensor) -> Tensor:
    difference = a - b
    across = (difference[..., 1:] - difference[..., :-1]).abs() * valid[..., 1:] * valid[..., :-1]
    down = (difference[..., 1:, :] - difference[..., :-1, :]).abs() * valid[..., 1:, :] * valid[..., :-1, :]
    return across.mean() + down.mean()


def generator_loss(networks: Networks, batch: Batch) -> dict[str, Tensor]:
    """Reconstruct the truth from an imperfect completion of it, or from itself; the layers stay near their prior.

    The canvas gives a colour and a shape for free, so errors count as shares of the canvas's own.
    """
    whole = torch.rand(len(batch.truth), 1, 1, 1, device=batch.truth.device) < WHOLE
    given = torch.where(whole, batch.truth, degraded(networks, batch))
    confidence = torch.where(whole, torch.ones_like(batch.confidence), batch.confidence)
    with torch.no_grad():
        rows, canvas = networks.generator.project(given, bendings=1)
    mean, spread = networks.encoder(given, confidence, canvas)
    layers = mean + torch.exp(0.5 * spread) * torch.randn_like(mean)
    texture = networks.generator(torch.cat([rows, layers], 1), batch.style)
    start = upsample(canvas)
    terms = reconstruction((texture - start) / SCALE, (batch.truth - start) / SCALE, confidence, batch.valid)
    divergence = 0.5 * (mean.square() + spread.exp() - 1 - spread)  # Kingma and Welling, appendix B
    return {**terms, "prior": PRIOR * divergence.sum((1, 2)).mean()}


def degraded(networks: Networks, batch: Batch) -> Tensor:
    """What the encoder may be handed: stage 1's own completion, or the encoder takes its faults for facts (measured:
    3 dB); in part less of it, for stage 1 does better on faces that it trained on; seldom nearly the truth."""
    random = torch.rand(len(batch.truth), 1, 1, 1, device=batch.truth.device)
    kind = torch.rand_like(random)
    made = first_completion(networks, batch) - batch.linear
    nearly = batch.linear + (0.5 + 0.5 * random) * (batch.truth - batch.linear)
    return torch.where(kind < 0.05, nearly, batch.linear + made * torch.where(kind < 0.7, random, 1))


@torch.no_grad()
def first_completion(networks: Networks, batch: Batch) -> Tensor:
    """Stage 1 in one step, as it is now: (B,3,S,S) sRGB."""
    whole = torch.ones(len(batch.truth), device=batch.truth.device)
    clean, _ = networks.completer(
        torch.zeros_like(batch.truth), batch.linear, batch.colour, batch.confidence, whole, batch.style
    )
    return batch.linear + SCALE * clean
