"""python -m backend.lab train NETWORK: one command per network, the same on a CPU and on a GPU; kill it, call it again.

Example, in this order (the later networks learn on what the earlier ones make):
  python -m backend.lab train linear    --hub runs/hub --output runs/train
  python -m backend.lab train people    --faces runs/faces --hub runs/hub --output runs/train
  python -m backend.lab train hair      --faces runs/faces --hub runs/hub --output backend/prior
  python -m backend.lab train stage1    --faces runs/faces --hub runs/hub --output runs/train --steps 4000
  python -m backend.lab train repaint   --faces runs/faces --hub runs/hub --output runs/train --steps 6000
  python -m backend.lab train generator --faces runs/faces --hub runs/hub --output runs/train --steps 3000
  python -m backend.lab train mapping   --hub runs/hub --output runs/train
  python -m backend.lab train ship      --output runs/train

The hub is a folder of four TexHub builds, fold0 to fold3, each of other faces (texhub build --fold K/4).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from ...errors import AvatarTexError
from . import mapping, prior, ship

STEPS = {"linear": prior.train, "mapping": mapping.train, "ship": ship.ship}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m backend.lab train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network", choices=STEPS, help="the other networks have a --help of their own")
    parser.add_argument("--hub", type=Path, help="folder of the folds' TexHub builds")
    parser.add_argument("--output", type=Path, required=True, help="folder of weights")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", choices=("cpu", "cuda"))
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (default: all)")
    arguments = parser.parse_args(argv)
    if arguments.network != "ship" and not arguments.hub:
        parser.error("--hub is needed")
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    arguments.output.mkdir(parents=True, exist_ok=True)
    try:
        STEPS[arguments.network](arguments)
    except AvatarTexError as refusal:
        print(f"error {refusal}")
        return 2
    return 0
