"""Weights as they ship: half precision, safetensors, one file per network."""

from __future__ import annotations

from pathlib import Path

from ...models.bundle import FILES, Networks
from .checkpoints import save_half


def export(name: str, networks: Networks, output: Path) -> None:
    """The weights as they are now, without what the linear file holds already."""
    file = f"{name}.safetensors"
    tensors = {
        prefix + key: value.cpu()
        for attribute, prefix in FILES[file]
        for key, value in getattr(networks, attribute).state_dict().items()
        if key not in ("mean", "basis")
    }
    save_half(tensors, output / file)
