"""train linear: the PCAs of all faces, and of all but each fold's; with what the networks must know of the atlas."""

from __future__ import annotations

import numpy as np

from ..texture.light import harmonics
from .augment import Geometry
from .checkpoints import save_half
from .folds import FOLDS, Textures, fit_canvas, fit_prior, known_texels, load_folds, load_geometry


def train(arguments, preset) -> None:
    """Write linear.safetensors, and the folds' priors and canvases for cross-fitting."""
    builds = [Textures.load(arguments.hub / f"fold{k}") for k in range(FOLDS)]
    geometry = load_geometry(arguments.hub)
    prior, canvas = fit_prior([arguments.hub / f"fold{k}" for k in range(FOLDS)]), fit_canvas(builds)
    tensors = {
        "known": known_texels(builds).astype(np.float32),
        **{name: getattr(prior, name) for name in ("mean", "basis", "deviation")},
        **{f"canvas.{name}": getattr(canvas, name) for name in ("mean", "basis", "deviation")},
        "geometry": np.where(geometry.covered[..., None], geometry.positions, 0).transpose(2, 0, 1),
        "light": leftover_light(geometry),
    }
    save_half(tensors, arguments.output / "linear.safetensors")
    load_folds(arguments.hub, None, arguments.output)
    print(f"linear: {len(prior.basis)} components; canvas: {len(canvas.basis)}, of {sum(map(len, builds))} textures")


def leftover_light(geometry: Geometry) -> np.ndarray:
    """(S,S,8) float32: spherical harmonics of the normals without the constant, zero where no head has surface."""
    return (harmonics(geometry.normals)[..., 1:] * geometry.covered[..., None]).astype(np.float32)
