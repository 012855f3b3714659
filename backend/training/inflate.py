"""python -m backend.training.inflate: denoisers of 128 texels as denoisers of 256, saying the same.

    python -m backend.training.inflate --weights OLD --output runs/train

A patch of 2 texels becomes one of 4: the first layer takes the mean of what it took, the last repeats what it gave.
What was learnt at the smaller size is not learnt again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from .checkpoints import save_half

#: Texels per side that a place of the layers stood for before, and by how much finer they are now.
BEFORE, TIMES = 2, 2


def inflated(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights of a Denoiser whose PATCH is TIMES as large."""
    made = {key: value.float() for key, value in tensors.items()}
    made["unet.conv_in.weight"] = repeated(made["unet.conv_in.weight"]) / TIMES**2
    for key in ("unet.conv_out.weight", "unet.conv_out.bias"):
        made[key] = repeated(made[key].unsqueeze(0)).squeeze(0) if key.endswith("bias") else repeated(
            made[key].transpose(0, 1)).transpose(0, 1)
    return made


def repeated(weight: Tensor) -> Tensor:
    """(A,C*n*n,…) of (A,C*m*m,…), m BEFORE and n TIMES as large: every texel of a patch as often as it splits."""
    count, channels = weight.shape[0], weight.shape[1] // BEFORE**2
    patch = weight.reshape(count, channels, BEFORE, BEFORE, *weight.shape[2:])
    patch = patch.repeat_interleave(TIMES, 2).repeat_interleave(TIMES, 3)
    return patch.reshape(count, channels * (BEFORE * TIMES) ** 2, *weight.shape[2:])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.training.inflate", description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True, help="folder of the smaller networks")
    parser.add_argument("--output", type=Path, required=True, help="folder to train on in")
    arguments = parser.parse_args(argv)
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name in ("inpaint.safetensors", "repaint.safetensors"):
        save_half(inflated(load_file(arguments.weights / name)), arguments.output / name)
    return 0


if __name__ == "__main__":
    with torch.no_grad():
        raise SystemExit(main())
