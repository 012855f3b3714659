"""train linear: the PCAs of painted skins, with what the networks must know of the atlas."""

from __future__ import annotations

import argparse

import numpy as np

from ...prior.linear import LinearPrior
from .checkpoints import save_half
from .folds import FOLDS, Textures, fit_canvas, fit_prior, known_texels, load_geometry


def train(arguments: argparse.Namespace) -> None:
    """Write linear.safetensors."""
    builds = [Textures.load(arguments.hub / f"fold{k}") for k in range(FOLDS)]
    geometry = load_geometry(arguments.hub)
    prior, canvas = fit_prior([arguments.hub / f"fold{k}" for k in range(FOLDS)]), fit_canvas(builds)
    tensors = {
        "known": known_texels(builds).astype(np.float32),
        **{name: getattr(prior, name) for name in ("mean", "basis", "deviation")},
        **halved(canvas),
        "geometry": np.where(geometry.covered[..., None], geometry.positions, 0).transpose(2, 0, 1),
    }
    save_half(tensors, arguments.output / "linear.safetensors")
    print(f"linear: {len(prior.basis)} components; canvas: {len(canvas.basis)}, of {sum(map(len, builds))} textures")


def halved(canvas: LinearPrior) -> dict[str, np.ndarray]:
    """What is kept of the canvas: its pictures are their own mirror images, up to a sign."""
    size = canvas.size
    left, right = np.split(canvas.basis.reshape(-1, size, size, 3), 2, axis=2)
    sign = np.sign((left * right[:, :, ::-1]).sum((1, 2, 3)))
    return {"canvas.mean": canvas.mean, "canvas.half": left, "canvas.sign": sign, "canvas.deviation": canvas.deviation}
