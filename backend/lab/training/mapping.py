"""train mapping: what distribution the textures have in W+, per style, so that samples can be drawn."""

from __future__ import annotations

import argparse

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ...networks.conditions import STYLES
from ...prior.linear import LinearPrior
from ..networks.generator import Encoder, projected
from ..untrained import load_modules, untrained
from .checkpoints import save_half
from .folds import FOLDS, Textures
from .mapping_network import FILE, Mapping
from .samples import stacked

STEPS, BATCH, RATE = 600, 128, 1e-3
SLICES = 256
AT_ONCE = 16  # textures encoded at a time


def train(arguments: argparse.Namespace) -> None:
    """Write mapping.safetensors."""
    torch.manual_seed(arguments.seed)
    encoder = load_modules(arguments.output).by_name["encoder"].to(arguments.device)
    builds = [Textures.load(arguments.hub / f"fold{k}") for k in range(FOLDS)]
    codes, styles = encode_all(untrained(arguments.output).canvas, encoder, builds)
    mapping = Mapping().to(arguments.device)
    for number in range(len(STYLES)):
        mapping.mean[number], mapping.axes[number] = straight(codes[styles == number])
    scale = codes.std(0).clamp(min=1e-3)
    optimiser = torch.optim.AdamW([*mapping.bend.parameters(), *mapping.style.parameters()], lr=RATE, weight_decay=1e-2)
    for step in range(STEPS):
        style = step % len(STYLES)
        known = codes[styles == style]
        real = known[torch.randint(len(known), (BATCH,), device=known.device)] / scale
        z = torch.randn(BATCH, Mapping.Z, device=codes.device)
        drawn = mapping(z, torch.full((BATCH,), style, device=codes.device)).flatten(1) / scale
        loss = sliced_distance(drawn, real)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if (step + 1) % 100 == 0:
            print(f"mapping {step + 1}/{STEPS}  distance {float(loss.detach()):.4f}", flush=True)
    save_half({key: value.cpu() for key, value in mapping.state_dict().items()}, arguments.output / FILE)


@torch.no_grad()
def encode_all(model: LinearPrior, encoder: Encoder, builds: list[Textures]) -> tuple[Tensor, Tensor]:
    """(N,ROWS*LATENT) W+ of all textures, the layers' rows drawn from what the encoder believes, and (N,) styles."""
    codes, styles, device = [], [], next(encoder.parameters()).device
    for build in builds:
        for first in range(0, len(build), AT_ONCE):
            several = range(first, min(first + AT_ONCE, len(build)))
            texture = stacked([build.texture(i)[0] for i in several]).to(device)
            rows, canvas = projected(model, texture)
            mean, spread = encoder(texture, torch.ones_like(texture[:, :1]), canvas)
            layers = mean + torch.exp(0.5 * spread) * torch.randn_like(mean)
            codes.append(torch.cat([rows, layers], 1).flatten(1))
            styles.extend(build.styles[i] for i in several)
    return torch.cat(codes), torch.tensor(np.array(styles), device=device)


def straight(codes: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (W,) and axes (Z,W): z normal gives mean + z axes the codes' own mean and strongest covariance."""
    mean = codes.mean(0)
    _, deviation, directions = torch.linalg.svd(codes - mean, full_matrices=False)
    axes = directions[: Mapping.Z] * (deviation[: Mapping.Z, None] / len(codes) ** 0.5)
    return mean, F.pad(axes, (0, 0, 0, Mapping.Z - len(axes)))


def sliced_distance(a: Tensor, b: Tensor) -> Tensor:
    """Sliced Wasserstein distance, squared, between two sets (B,W) of as many vectors."""
    direction = F.normalize(torch.randn(a.shape[1], SLICES, device=a.device), dim=0)
    return ((a @ direction).sort(0).values - (b @ direction).sort(0).values).square().mean()
