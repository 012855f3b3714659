"""What a stopped training needs to go on: safetensors only, in one piece, so that a kill leaves the old file."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor


def save_half(tensors: dict[str, Tensor | np.ndarray], path: Path) -> None:
    """Weights to ship: half precision, exact enough for textures and half the bytes."""
    write({name: torch.as_tensor(value).half() for name, value in tensors.items()}, path)


def save_state(
    path: Path, steps: int, parameters: list[Tensor], average: list[Tensor], optimiser: torch.optim.Optimizer
) -> None:
    """Everything the training loop holds, in full precision; the average too, for it reaches back hundreds of steps."""
    tensors = {f"parameter.{i}": value for i, value in enumerate(parameters)}
    tensors |= {f"average.{i}": value for i, value in enumerate(average)}
    for i, moments in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{i}.{name}": value for name, value in moments.items()}
    write(tensors, path, {"steps": str(steps)})


def load_state(path: Path, parameters: list[Tensor], average: list[Tensor], optimiser: torch.optim.Optimizer) -> int:
    """Put a saved state back in place; returns the steps already taken."""
    moments: dict[int, dict[str, Tensor]] = {}
    with safe_open(path, "pt") as file:
        steps = int(file.metadata()["steps"])
        for i, (parameter, kept) in enumerate(zip(parameters, average, strict=True)):
            parameter.data.copy_(file.get_tensor(f"parameter.{i}"))
            kept.copy_(file.get_tensor(f"average.{i}"))
        for name in file.keys():
            if name.startswith("optimiser."):
                _, i, key = name.split(".")
                moments.setdefault(int(i), {})[key] = file.get_tensor(name)
    optimiser.load_state_dict({"state": moments, "param_groups": optimiser.state_dict()["param_groups"]})
    return steps


def write(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str] | None = None) -> None:
    temporary = path.with_suffix(".part")
    # clones: safetensors refuses tensors that share memory, and the optimiser goes on changing its own
    save_file({name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}, temporary, metadata)
    os.replace(temporary, path)
