"""python -m backend.lab faces build: portraits of real people to observations in the atlas.

For each portrait `observations/<id>.npz` (observing.Seen) and `<id>.json` (observing.About), the id being the file's
name; then `suspects.csv` (screen.py), `age_sex.csv` where its network is given (age_sex.py), and `people.csv`
(people.py). A build that was ended goes on where it was. Portraits that a job would refuse are listed with the refusal
in `refused.csv`. Everything stays outside the repository: these are real people.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from functools import lru_cache
from pathlib import Path

import cv2

from ...farm.dispatch import Pool
from ...farm.rows import DONE, Outcome
from ...head.landmarks import HeadLandmarks
from ...head.match import find_head_or_pins
from ...head.mesh import HeadMesh, load_mesh
from ...imaging.files import write_bytes
from ...models.bundle import load_networks
from ...prior.linear import LinearPrior
from ..calls import Tell, add_engine, make_pool, run_calls
from . import age_sex, observing, people, screen

FOLDER, REFUSED = "observations", "refused.csv"
PICTURES = (".jpg", ".jpeg", ".png", ".webp")


@lru_cache(1)
def loaded(mesh: str, weights: str) -> tuple[HeadMesh, HeadLandmarks, LinearPrior]:
    """What a worker needs, once."""
    cv2.setNumThreads(1)
    head = load_mesh(Path(mesh))
    return head, find_head_or_pins(head, ()), load_networks("cpu", Path(weights) if weights else None).skin


def observe(tell: Tell, portrait: str, folder: str, mesh: str, weights: str) -> None:
    """One portrait, as a call."""
    seen, about = observing.see(Path(portrait), *loaded(mesh, weights))
    observing.write(Path(folder) / f"{Path(portrait).stem}.npz", seen, about)


def pictures_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)


def build(portraits: Path, output: Path, mesh: Path, pool: Pool, weights: Path | None = None, count: int = 0) -> None:
    """Observe every portrait of a folder (or the first count) that is not there yet."""
    folder = output / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    refused = dict(csv.reader((output / REFUSED).open(encoding="utf-8"))) if (output / REFUSED).is_file() else {}
    todo = [
        path
        for path in pictures_in(portraits)[: count or None]
        if not (folder / f"{path.stem}.json").is_file() and path.stem not in refused
    ]

    def note(outcome: Outcome) -> None:
        name = Path(outcome.output).stem
        if outcome.state != DONE:
            refused[name] = outcome.reason
            text = io.StringIO()
            csv.writer(text).writerows(sorted(refused.items()))
            write_bytes(output / REFUSED, text.getvalue().encode())
        print(f"{outcome.row} of {len(todo)}: {name} {outcome.reason}", file=sys.stderr, flush=True)

    shared = {"folder": str(folder.resolve()), "mesh": str(mesh.resolve())}
    shared |= {"weights": str(weights.resolve()) if weights else ""}
    work = ((path.name, shared | {"portrait": str(path.resolve())}) for path in todo)
    run_calls(f"{__name__}:observe", work, pool, note)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m backend.lab faces build",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--portraits", type=Path, required=True, metavar="DIR", help="one picture a person")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    parser.add_argument("--mesh", type=Path, required=True, metavar="OBJ", help="the head that is registered")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="whose prior tells skin from light (the bundled)")
    parser.add_argument("--age-sex", type=Path, metavar="DIR", help="network that estimates both; else neither is told")
    add_engine(parser)
    parser.add_argument("--count", type=int, default=0, help="only the first so many portraits")
    arguments = parser.parse_args(argv)
    pool = make_pool(arguments)
    build(arguments.portraits, arguments.output, arguments.mesh, pool, arguments.weights, arguments.count)
    folder = arguments.output / FOLDER
    glasses = {path.stem: json.loads(path.read_text(encoding="utf-8"))["glasses"] for path in folder.glob("*.json")}
    screen.write_suspects(arguments.output / screen.SUSPECTS, screen.screen(folder, glasses), glasses)
    if arguments.age_sex:
        seen = [path for path in pictures_in(arguments.portraits) if path.stem in glasses]
        age_sex.write_estimates(arguments.output / age_sex.LIST, seen, arguments.age_sex)
    people.describe(arguments.output)
    return 0
