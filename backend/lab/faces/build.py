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
import multiprocessing
import sys
from pathlib import Path

import cv2

from ...errors import AvatarTexError
from ...head.match import find_head_or_pins
from ...head.mesh import load_mesh
from ...imaging.files import write_bytes
from ...models.bundle import load_networks
from . import age_sex, observing, people, screen

FOLDER, REFUSED = "observations", "refused.csv"
PICTURES = (".jpg", ".jpeg", ".png", ".webp")


class Observer:
    """What one process needs, loaded once."""

    def __init__(self, mesh: Path, weights: Path | None, folder: Path) -> None:
        cv2.setNumThreads(1)
        self.mesh, self.folder = load_mesh(mesh), folder
        self.head = find_head_or_pins(self.mesh, ())
        self.prior = load_networks("cpu", weights).skin

    def observe(self, path: Path) -> tuple[str, str]:
        """The portrait's id, and why it was refused, if it was."""
        try:
            seen, about = observing.see(path, self.mesh, self.head, self.prior)
        except AvatarTexError as refusal:
            return path.stem, str(refusal.message)
        observing.write(self.folder / f"{path.stem}.npz", seen, about)
        return path.stem, ""


_observer: Observer | None = None


def _start(*arguments) -> None:
    global _observer
    _observer = Observer(*arguments)


def _observe(path: Path) -> tuple[str, str]:
    return _observer.observe(path)


def pictures_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)


def build(portraits: Path, output: Path, mesh: Path, workers: int, weights: Path | None = None, count: int = 0) -> None:
    """Observe every portrait of a folder (or the first count) that is not there yet."""
    folder = output / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    refused = dict(csv.reader((output / REFUSED).open(encoding="utf-8"))) if (output / REFUSED).is_file() else {}
    todo = [
        path
        for path in pictures_in(portraits)[: count or None]
        if not (folder / f"{path.stem}.json").is_file() and path.stem not in refused
    ]
    with multiprocessing.get_context("spawn").Pool(workers, _start, (mesh, weights, folder)) as pool:
        for number, (name, reason) in enumerate(pool.imap_unordered(_observe, todo), 1):
            if reason:
                refused[name] = reason
                text = io.StringIO()
                csv.writer(text).writerows(sorted(refused.items()))
                write_bytes(output / REFUSED, text.getvalue().encode())
            print(f"{number} of {len(todo)}: {name} {reason}", file=sys.stderr, flush=True)


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
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--count", type=int, default=0, help="only the first so many portraits")
    arguments = parser.parse_args(argv)
    build(arguments.portraits, arguments.output, arguments.mesh, arguments.workers, arguments.weights, arguments.count)
    folder = arguments.output / FOLDER
    glasses = {path.stem: json.loads(path.read_text(encoding="utf-8"))["glasses"] for path in folder.glob("*.json")}
    screen.write_suspects(arguments.output / screen.SUSPECTS, screen.screen(folder, glasses), glasses)
    if arguments.age_sex:
        seen = [path for path in pictures_in(arguments.portraits) if path.stem in glasses]
        age_sex.write_estimates(arguments.output / age_sex.LIST, seen, arguments.age_sex)
    people.describe(arguments.output)
    return 0
