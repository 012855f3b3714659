"""train linear: the PCA of all textures, and of all but each fold's; with what the networks must know of the atlas."""

from __future__ import annotations

import numpy as np

from ..networks.generator import COMPONENTS
from ..texture.light import harmonics
from .augment import Geometry
from .checkpoints import save_half
from .folds import FOLDS, Textures, fit_prior, known_texels, load_folds, load_geometry


def train(arguments, preset) -> None:
    """Write linear.safetensors, and prior0.npz to prior5.npz for cross-fitting."""
    builds = [Textures.load(arguments.hub / f"fold{k}") for k in range(FOLDS)]
    geometry = load_geometry(arguments.hub)
    prior = fit_prior(builds, COMPONENTS)
    tensors = {
        "known": known_texels(builds).astype(np.float32),
        "mean": prior.mean,
        "basis": prior.basis,
        "deviation": prior.deviation,
        "geometry": np.where(geometry.covered[..., None], geometry.positions, 0).transpose(2, 0, 1),
        "light": leftover_light(geometry),
    }
    save_half(tensors, arguments.output / "linear.safetensors")
    load_folds(arguments.hub, None, arguments.output, COMPONENTS)
    share = prior.deviation**2 / (prior.deviation**2).sum()
    count = sum(map(len, builds))
    print(f"linear: {count} textures, {COMPONENTS} components, {share[-1]:.1e} of the variance in the last")


def leftover_light(geometry: Geometry) -> np.ndarray:
    """(S,S,8) float32: spherical harmonics of the normals without the constant, zero where no head has surface."""
    return (harmonics(geometry.normals)[..., 1:] * geometry.covered[..., None]).astype(np.float32)
