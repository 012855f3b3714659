"""What each network learns, one function each: (networks, batch) -> named terms that are added up."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..models.bundle import Networks, paint_canvas
from ..networks.denoiser import SCALE, inpaint_conditions, repaint_conditions, scheduler
from ..networks.generator import LATENT, LAYERS
from ..stages.inpaint import TRUST
from ..stages.latent import correct
from .batches import Batch

SCHEDULE = scheduler()


def denoising(network, start: Tensor, conditions: Tensor, batch: Batch) -> dict[str, Tensor]:
    """Predict the clean residual to start at a random time; squared errors and a gradient term for sharpness."""
    residual = (batch.truth - start) / SCALE
    time = torch.randint(0, 1000, (len(start),), device=start.device)
    # most samples at the noisiest end, where inference begins and the image is decided
    time = torch.where(torch.rand(len(start), device=start.device) < 0.7, torch.full_like(time, 999), time)
    noisy = SCHEDULE.add_noise(residual, torch.randn_like(residual), time)
    predicted = network(noisy, conditions, time, batch.style)
    seen = batch.confidence * batch.valid
    return {
        "seen": 0.5 * relative(predicted, residual, seen),
        "unseen": relative(predicted, residual, batch.valid - seen),
        "gradient": 0.1 * gradient_loss(predicted, residual, batch.valid),
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


def inpaint_loss(networks: Networks, batch: Batch) -> dict[str, Tensor]:
    conditions = inpaint_conditions(batch.linear, batch.colour, batch.confidence, networks.geometry)
    return denoising(networks.inpainter, batch.linear, conditions, batch)


def generator_loss(networks: Networks, batch: Batch) -> dict[str, Tensor]:
    """Reconstruct the truth from an imperfect completion of it; samples of z meet the encoder's distribution.

    What of the completion the canvas cannot say is carried past the generator, so that nothing is lost by inversion
    (the idea of Wang et al., "High-Fidelity GAN Inversion", CVPR 2022).
    """
    paint_canvas(networks.generator, batch.prior)
    completed = degraded(networks, batch)
    coefficients, canvas = networks.generator.project(completed)
    w_plus = networks.encoder(completed, batch.confidence, coefficients, canvas)
    others = w_plus[:, 1:] + 0.03 * torch.randn_like(w_plus[:, 1:])
    texture = networks.generator(torch.cat([w_plus[:, :1], others], 1), batch.style) + completed - canvas
    seen = batch.confidence * batch.valid
    predicted, residual = (texture - completed) / SCALE, (batch.truth - completed) / SCALE
    z = torch.randn(len(w_plus) * 4, LATENT, device=w_plus.device)
    drawn = networks.mapping(z).flatten(1)
    return {
        "seen": 0.5 * relative(predicted, residual, seen),
        "unseen": relative(predicted, residual, batch.valid - seen),
        "gradient": 0.1 * gradient_loss(predicted, residual, batch.valid),
        "latent": 1e-3 * w_plus.square().mean(),
        "mapping": 0.1 * sliced_distance(drawn, w_plus.detach().flatten(1)),
    }


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
    conditions = inpaint_conditions(batch.linear, batch.colour, batch.confidence, networks.geometry)
    last = torch.full((len(batch.truth),), 999, device=batch.truth.device)
    noise = 0.3 * torch.randn_like(batch.truth)
    return batch.linear + TRUST * SCALE * networks.inpainter(noise, conditions, last, batch.style)


def sliced_distance(a: Tensor, b: Tensor, slices: int = 64) -> Tensor:
    """Sliced Wasserstein distance between two sets of vectors; quantiles of the smaller set are compared."""
    direction = F.normalize(torch.randn(a.shape[1], slices, device=a.device), dim=0)
    first, second = (a @ direction).sort(0).values, (b @ direction).sort(0).values
    first = first.view(len(b), -1, slices).mean(1)
    return (first - second).square().mean() * LAYERS


def repaint_loss(networks: Networks, batch: Batch) -> dict[str, Tensor]:
    """Starts are real results of the stages before, so the network learns their faults."""
    paint_canvas(networks.generator, batch.prior)
    with torch.no_grad():
        completed = degraded(networks, batch)
        start, _ = correct(networks, completed, batch.linear, batch.robust, batch.confidence, batch.style)
    conditions = repaint_conditions(start, batch.colour, batch.confidence, networks.geometry)
    return denoising(networks.repainter, start, conditions, batch)


LOSSES = {"inpaint": inpaint_loss, "generator": generator_loss, "repaint": repaint_loss}
