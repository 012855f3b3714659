"""train lent: all three stages on a machine that somebody lends for half an hour, from packed data (packed.py).

    python -m backend.lab train lent --packed packed --output runs/lent --minutes 25

They go on from the bundled weights, at a steady rate; a second call goes on with what the first one left.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import torch

from ...models.bundle import FILES
from ...verified import WEIGHTS
from . import generator, repaint, stage1
from .packed import unpack_people

#: Stage -> its training, share of the minutes, highest rate, and what else it is told. Rates are for going on.
STAGES = {
    "stage1": (stage1.main, 0.4, "3e-4", ()),
    "repaint": (repaint.main, 0.4, "2e-4", ("--steps", "0", "--judged", "1000000")),
    "generator": (generator.main, 0.2, "2e-4", ()),
}
STEADY = "100000000"  # steps over which the rate falls: more than there will be


def train(arguments: argparse.Namespace) -> None:
    output = arguments.output
    output.mkdir(parents=True, exist_ok=True)
    unpack_people(arguments.packed / "faces", output / "faces")
    for name in ("linear.safetensors", *FILES):
        if not (output / name).is_file():
            shutil.copyfile(WEIGHTS / name, output / name)
    for name, (main_of, share, rate, more) in STAGES.items():
        given = ["--faces", output / "faces", "--hub", arguments.packed / "hub", "--output", output, *more]
        given += ["--schedule", STEADY, "--rate", rate, "--minutes", share * arguments.minutes]
        given += ["--device", arguments.device] + (["--steps", STEADY] if "--steps" not in more else [])
        if name != "stage1":
            given += ["--draw", arguments.draw]
        main_of([str(word) for word in given])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab train lent", description=__doc__.splitlines()[0])
    parser.add_argument("--packed", type=Path, required=True, help="folder of train pack")
    parser.add_argument("--output", type=Path, required=True, help="folder of weights and states; found ones go on")
    parser.add_argument("--minutes", type=float, default=25.0, help="of all trainings together (default 25)")
    parser.add_argument("--draw", type=int, default=1024, help="completions of stage 1 that stages 2 and 3 learn from")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", choices=("cpu", "cuda"))
    train(parser.parse_args(argv))
    return 0
