"""python -m backend.lab train NETWORK: one command per network, the same on a CPU and on a GPU; kill it, call it again.

Example, in this order (the later networks learn on what the earlier ones make):
  python -m backend.lab train linear    --hub runs/hub --portraits runs/portraits --output runs/train
  python -m backend.lab train people    --faces runs/faces --hub runs/hub --output runs/train
  python -m backend.lab train hair      --faces runs/faces --hub runs/hub --output backend/prior
  python -m backend.lab train stage1    --faces runs/faces --hub runs/hub --output runs/train --steps 4000
  python -m backend.lab train repaint   --faces runs/faces --hub runs/hub --output runs/train --steps 6000
  python -m backend.lab train generator ... ; train mapping ...
  python -m backend.lab train glasses --portraits runs/glasses --output runs/train
  python -m backend.lab train ship --output runs/train

The hub is a folder of four TexHub builds, fold0 to fold3, each of other faces (texhub build --fold K/4).
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from ...errors import AvatarTexError
from . import glasses, loop, mapping, prior, ship

NETWORKS = ("linear", "generator", "mapping", "glasses", "ship")


@dataclass(frozen=True)
class Preset:
    """What one run of a network costs. steps: by network. precision: of the layers, fp32 or bf16."""

    steps: dict[str, int]
    batch: int
    rate: float
    precision: str
    compiled: bool
    workers: int


PRESETS = {
    # about an hour on two cores for all networks together
    "cpu-hour": Preset({"generator": 900, "glasses": 3000}, 8, 4e-4, "fp32", False, 0),
    # about half an hour of a large GPU for all together, which eats what 14 processes can draw
    "gpu-half-hour": Preset({"generator": 30000, "glasses": 20000}, 32, 8e-4, "bf16", True, 14),
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m backend.lab train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("--hub", type=Path, help="folder of the folds' TexHub builds")
    parser.add_argument("--portraits", type=Path, help="folder of portraits render, or glasses draw")
    parser.add_argument("--output", type=Path, required=True, help="folder of checkpoints; found ones are continued")
    parser.add_argument("--preset", choices=PRESETS, default="cpu-hour")
    parser.add_argument("--steps", type=int, help="instead of the preset's")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop there; the next call goes on")
    parser.add_argument("--leave-out", type=int, nargs="*", default=[], help="folds to validate on")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (default: all)")
    arguments = parser.parse_args(argv)
    if arguments.network not in ("glasses", "ship") and not arguments.hub:
        parser.error("--hub is needed")
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    if arguments.device == "auto":
        arguments.device = "cuda" if torch.cuda.is_available() else "cpu"
    preset = PRESETS[arguments.preset]
    if arguments.steps:
        preset = replace(preset, steps=dict.fromkeys(preset.steps, arguments.steps))
    arguments.output.mkdir(parents=True, exist_ok=True)
    try:
        others = {"linear": prior.train, "mapping": mapping.train, "glasses": glasses.train, "ship": ship.ship}
        others.get(arguments.network, loop.train)(arguments, preset)
    except AvatarTexError as refusal:
        print(f"error {refusal}")
        return 2
    return 0
