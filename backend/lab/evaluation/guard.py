"""python -m backend.lab evaluate guard: rendered portraits with known textures, too many kinds of them to tune on.

Each skin of the data's kits is in two cases, on heads of any shape, turned by up to 45 degrees, in soft, hard and side
light, photographed well or badly, cel-shaded or painted, with its own hair, with hair of another colour, or shaved.
Half of the skins are for every day (choose), half for the last measurement of an issue (report); no constant is chosen
by either. The same data and --deal give the same cases. One worker of a checkout makes all textures, without light.

A row a case, the worst last: PSNR in dB of texels that the portrait shows and does not show, both again after one gain
and bias a channel, and SSIM. Then means with standard errors, and the differences to older versions' figures
(--beside, as figures.json has them). OUTPUT gets cases, textures and figures.json.

    python -m backend.lab evaluate guard --data DATA --output OUT --half choose
    python -m backend.lab evaluate guard --data DATA --output OLD --half choose --checkout OLDER_CHECKOUT
    python -m backend.lab evaluate guard --data DATA --output OUT --half choose --beside OLD/figures.json
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from ...options import SIZE
from .guard_cases import HALVES, ROUNDS, choose, draw_cases, find_skins, half_of
from .guard_make import make_case
from .guard_scores import Figures, by_kind, report, score_files
from .guard_worker import GuardWorker
from .options import bare_parser, write

HERE = Path(__file__).resolve().parents[3]
#: Fields of a case that means are also given for.
KINDS = ("style", "hair", "camera", "light")


@dataclass(frozen=True)
class Task:
    """A case's folder, what makes it where it is not there yet, and what it is."""

    folder: Path
    make: Callable[[], None]
    about: dict

    @property
    def name(self) -> str:
        return self.folder.name


def tasks_of_data(data: Path, output: Path, deal: int, rounds: int, pick: Callable[[list], list]) -> list[Task]:
    cases = pick(draw_cases(find_skins(data), deal, rounds))
    return [
        Task(folder, partial(make_case, data, case, folder), case.as_json())
        for case, folder in ((case, output / "cases" / case.name) for case in cases)
    ]


def tasks_of_folder(folder: Path, half: str, count: int, seed: int) -> list[Task]:
    """Cases that are made already, laid out as guard_make does."""
    found = [(path.parent, json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*/case.json"))]
    found = [(path, about) for path, about in found if half in ("", half_of(about["skin"]))]
    if count and count < len(found):
        found = [found[i] for i in sorted(np.random.default_rng(seed).permutation(len(found))[:count])]
    return [Task(path, lambda: None, about) for path, about in found]


def textured(tasks: Sequence[Task], worker: GuardWorker, textures: Path, size: int) -> Iterator[tuple[Task, str]]:
    """Each task once its texture is there, and why it is not; while the worker has one, the next case is made."""
    asked: Task | None = None
    for task in [*tasks, None]:
        if task:
            task.make()
        if asked:
            yield asked, worker.wait(asked.name)
        if task:
            worker.ask(task.name, task.folder, textures / f"{task.name}.png", size)
        asked = task


def figures_of(tasks: Sequence[Task], arguments: argparse.Namespace) -> dict[str, Figures]:
    """Of every task that has a texture; refusals are printed."""
    textures, figures = arguments.output / "textures", {}
    textures.mkdir(parents=True, exist_ok=True)

    def add(task: Task, refusal: str) -> None:
        texture = textures / f"{task.name}.png"
        if refusal or not texture.is_file():
            print(f"{task.name}: no texture: {refusal or 'it is not there'}", flush=True)
            return
        figures[task.name] = score_files(task.folder, texture)
        print(f"{task.name}: {figures[task.name]}", file=sys.stderr, flush=True)

    if arguments.score:
        for task in tasks:
            add(task, "")
        return figures
    for task in tasks:
        (textures / f"{task.name}.png").unlink(missing_ok=True)
    with GuardWorker(arguments.checkout, arguments.output / "worker.log", arguments.python) as worker:
        for task, refusal in textured(tasks, worker, textures, arguments.size):
            add(task, refusal)
    return figures


def version_of(checkout: Path) -> str:
    """Its commit, or the folder's name."""
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=checkout, capture_output=True, text=True, check=False
    )
    return told.stdout.strip() or checkout.name


def main(argv: list[str] | None = None) -> int:
    parser = bare_parser("guard", __doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="folder of heads and skins, laid out as shared/data")
    source.add_argument("--cases", type=Path, metavar="DIR", help="cases that were made before, one a folder")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    parser.add_argument("--half", choices=(*HALVES, "both"), default=HALVES[0], help="of the skins (default choose)")
    parser.add_argument("--count", type=int, default=0, help="so many of them at random (default all)")
    parser.add_argument("--seed", type=int, default=0, help="of that choice")
    parser.add_argument("--deal", type=int, default=0, metavar="SEED", help="of the cases themselves (default 0)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"cases a skin (default {ROUNDS})")
    parser.add_argument("--size", type=int, default=512, choices=SIZE.values, help="texels (default 512)")
    parser.add_argument(
        "--checkout", type=Path, default=HERE, metavar="DIR", help="whose textures (default this one's)"
    )
    parser.add_argument("--python", default=sys.executable, help="what runs that checkout (default this Python)")
    parser.add_argument("--beside", type=Path, nargs="*", default=[], metavar="JSON", help="figures of older versions")
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--make", action="store_true", help="make the cases and nothing else")
    part.add_argument("--score", action="store_true", help="score the textures that are in OUTPUT already")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    half = "" if arguments.half == "both" else arguments.half
    if arguments.data:
        pick = partial(choose, half=half, count=arguments.count, seed=arguments.seed)
        tasks = tasks_of_data(arguments.data, arguments.output, arguments.deal, arguments.rounds, pick)
    else:
        tasks = tasks_of_folder(arguments.cases, half, arguments.count, arguments.seed)
    if arguments.make:
        for task in tasks:
            task.make()
        print(f"{len(tasks)} cases in {arguments.output / 'cases'}")
        return 0
    figures = figures_of(tasks, arguments)
    older: dict[str, dict[str, Figures]] = {}
    for path in arguments.beside:
        older |= json.loads(path.read_text(encoding="utf-8"))
    if figures:
        print(report(figures, older))
        print(by_kind(figures, {task.name: task.about for task in tasks}, KINDS))
    write(arguments.output / "figures.json", {version_of(arguments.checkout): figures})
    return 0 if len(figures) == len(tasks) else 1
