"""python -m backend.lab faces relight: divide the light out of stored observations again, with other priors.

A prior of real skins tells tone from light better than the one that the portraits were first observed with, and skins
with less light in them make a better prior: each is made from the other in turn. Nothing is registered again.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from ...models.bundle import load_networks
from ...prior.linear import LinearPrior
from ..untrained import untrained
from . import observing, people
from .age_sex import LIST
from .build import FOLDER
from .screen import SUSPECTS


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m backend.lab faces relight",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--faces", type=Path, required=True, metavar="DIR", help="the output of faces build")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="whose priors tell skin from light (the bundled)")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="as faces build writes it")
    arguments = parser.parse_args(argv)
    networks = untrained(arguments.weights) if arguments.weights else load_networks("cpu")
    relight(arguments.faces, arguments.output, networks.skin)
    people.describe(arguments.output)
    return 0


def relight(faces: Path, output: Path, prior: LinearPrior) -> None:
    """Write every observation of a build anew."""
    positions = load_networks("cpu").geometry
    (output / FOLDER).mkdir(parents=True, exist_ok=True)
    for name in (SUSPECTS, LIST):
        if (faces / name).is_file():
            shutil.copyfile(faces / name, output / name)
    for path in sorted((faces / FOLDER).glob("*.npz")):
        seen = observing.relit(observing.read(path), positions, prior)
        about = observing.About(**json.loads(path.with_suffix(".json").read_text(encoding="utf-8")))
        observing.write(output / FOLDER / path.name, seen, about)
