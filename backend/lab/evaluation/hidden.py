"""python -m backend.lab evaluate hidden: hide a part of what portraits of real people show, complete it, compare.

Any folder of portraits will do, or observations of one that `faces build` made. Of people that are in the split, those
held out are measured. Every figure is a mean over people with its standard error; differences are paired by person.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from ...models.bundle import Networks, load_networks
from ...verified import MANIFEST
from ..faces import people
from ..faces.observing import Seen, read
from ..untrained import untrained
from .hidden_methods import FILLS, LEARNT, STAGES, WITHOUT, Method
from .hidden_parts import PARTS, Hidden, hide, part
from .hidden_scores import OCTAVES, measure, paired, perceptual
from .metrics import cell, mean_error, table
from .options import bare_parser, write

SIDES = ("test", "train", "all")
#: Years between groups of age, and the groups.
DECADES, AGES = (40.0, 60.0), ("under 40", "40 to 60", "over 60")


def observed(folder: Path, side: str = "test", count: int = 0) -> Iterator[tuple[str, Seen]]:
    """Id and observation of the people of a side of the split, in the order of their ids.

    Args:
        folder: with .npz files. side: of SIDES; where the folder holds nobody that is held out, everybody is.
    """
    paths = sorted(folder.glob("*.npz"))
    held_out = people.read_split()
    if side != "all" and any(path.stem in held_out for path in paths):
        paths = [path for path in paths if (path.stem in held_out) == (side == "test")]
    for path in paths[: count or None]:
        yield path.stem, read(path)


def networks_by_name(folders: Sequence[Path]) -> dict[str, Networks]:
    """The bundled networks under "", others by the name of their folder."""
    return {"": load_networks("cpu"), **{folder.name: networks_of(folder) for folder in folders}}


def networks_of(folder: Path) -> Networks:
    """A training's folder; where it is a shipped one, checked."""
    return load_networks("cpu", folder) if (folder / MANIFEST).is_file() else untrained(folder)


def score(
    seen: Iterator[tuple[str, Seen]],
    networks: dict[str, Networks],
    methods: dict[str, tuple[str, Method]],
    parts: Sequence[str],
    seed: int = 0,
) -> dict[str, list[dict]]:
    """Part -> one entry a person: {"id": ..., method -> measure -> value}.

    Args:
        methods: name -> (network's name, method).
    """
    scores: dict[str, list[dict]] = {name: [] for name in parts}
    for person, name, cases, made in completed(seen, networks, methods, parts, seed):
        values = {method: measure(made[method], cases[which]) for method, (which, _) in methods.items()}
        for which, case in cases.items():
            own = {method: made[method] for method in methods if methods[method][0] == which}
            for method, distance in perceptual(own, case).items():
                values[method]["perceptual"] = distance
        scores[name].append({"id": person, **values})
    return scores


def completed(
    seen: Iterator[tuple[str, Seen]],
    networks: dict[str, Networks],
    methods: dict[str, tuple[str, Method]],
    parts: Sequence[str],
    seed: int = 0,
) -> Iterator[tuple[str, str, dict[str, Hidden], dict[str, np.ndarray]]]:
    """Person and part, the case by networks (each estimates light with its own prior), (S,S,3) unlit by method."""
    positions = networks[""].geometry
    for number, (person, one) in enumerate(seen, 1):
        for name in parts:
            hidden, cases, made = part(name, person, one.confidence), {}, {}
            for method, (which, run) in methods.items():
                if which not in cases:
                    cases[which] = hide(one, hidden, positions, networks[which].skin)
                made[method] = run(cases[which].evidence, networks[which], seed)
            yield person, name, cases, made
        print(f"\r{number} people", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def report(scores: dict[str, list[dict]], base: str) -> str:
    """Markdown: PSNR and its difference to the baseline by part, then the other measures over all parts."""
    methods = [name for name in next(iter(scores.values()))[0] if name != "id"]
    count = len(next(iter(scores.values())))
    lines = [f"{count} people. Mean ± standard error over people; in the second table paired, over {base}.", ""]
    rows = [
        [name, *(cell(mean_error([one[name]["psnr"] for one in some])) for some in scores.values())] for name in methods
    ]
    lines += ["PSNR of hidden skin, dB", "", table(["method", *scores], rows), ""]
    rows = [
        [name, *(cell(paired(some, name, base, "psnr"), sign="+") for some in scores.values())]
        for name in methods
        if name != base
    ]
    lines += [f"over {base}, dB", "", table(["method", *scores], rows), ""]
    keys = ["delta_e", "perceptual", *(f"psnr {name}" for name in OCTAVES), *(f"power {name}" for name in OCTAVES)]
    rows = []
    for name in methods:
        own = [cell(mean_error(by_person(scores, name, key)), 3 if key == "perceptual" else 1) for key in keys]
        rows.append([name, *own])
    heads = ["CIELAB", "perceptual", *(f"PSNR {name}" for name in OCTAVES), *(f"power {name}" for name in OCTAVES)]
    lines += ["All parts; octaves by their waves in texels of 256", "", table(["method", *heads], rows)]
    return "\n".join(lines)


def groups(scores: dict[str, list[dict]], crowd: Sequence[people.Person], methods: Sequence[str]) -> str:
    """Markdown: PSNR over all parts by measured tone, by sex and age as estimated and by glasses, and each group's gap
    to the mean of all with the group's standard error; whose age or sex is not known is in no group of it."""
    known = {one.id: one for one in crowd}
    ids = [one["id"] for one in next(iter(scores.values()))]
    kinds = {
        "tone": lambda one: one.tone,
        "sex": lambda one: "" if np.isnan(one.sex) else "male" if one.sex > 0.5 else "female",
        "age": lambda one: "" if np.isnan(one.years) else AGES[np.searchsorted(DECADES, one.years, "right")],
        "glasses": lambda one: "worn" if one.glasses else "none",
    }
    rows = []
    for kind, group_of in kinds.items():
        of = [group_of(known[name]) if name in known else "" for name in ids]
        for group in sorted(set(of) - {""}):
            row = [kind, group, of.count(group)]
            for method in methods:
                values = np.array(by_person(scores, method, "psnr"))
                own = mean_error(values[np.array(of) == group])
                row += [f"{own[0]:.2f}", cell((own[0] - np.nanmean(values), own[1]), sign="+")]
            rows.append(row)
    heads = [part for method in methods for part in (method, "gap")]
    return "\n".join(["PSNR over all parts, dB, by group", "", table(["by", "group", "people", *heads], rows)])


def by_person(scores: dict[str, list[dict]], method: str, key: str) -> list[float]:
    """The mean over parts, one value a person."""
    return [
        float(np.nanmean([some[i][method].get(key, np.nan) for some in scores.values()]))
        for i in range(len(next(iter(scores.values()))))
    ]


def parser_for(name: str, text: str) -> argparse.ArgumentParser:
    """Options of all commands that measure on real people."""
    parser = bare_parser(name, text)
    parser.add_argument("--portraits", type=Path, metavar="DIR", help="pictures, where no observations are given")
    parser.add_argument("--observations", type=Path, metavar="DIR", help="that `faces build` made of them")
    parser.add_argument("--mesh", type=Path, metavar="OBJ", help="the head for observing portraits")
    parser.add_argument("--weights", type=Path, nargs="*", default=[], metavar="DIR", help="beside the bundled ones")
    parser.add_argument("--side", choices=SIDES, default="test", help="of the split (default test)")
    parser.add_argument("--count", type=int, default=0, help="people (default all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, metavar="JSON", help="also write all values here")
    return parser


def people_of(arguments: argparse.Namespace) -> Iterator[tuple[str, Seen]]:
    """The observations that a command was given, or makes."""
    cv2.setNumThreads(1)
    if arguments.observations:
        yield from observed(arguments.observations, arguments.side, arguments.count)
        return
    from ..calls import local_pool
    from ..faces.build import FOLDER, build

    if not (arguments.portraits and arguments.mesh):
        raise SystemExit("Give --observations, or --portraits and --mesh.")
    with tempfile.TemporaryDirectory() as folder:
        build(arguments.portraits, Path(folder), arguments.mesh, local_pool(1), count=arguments.count)
        yield from observed(Path(folder) / FOLDER, arguments.side, arguments.count)


def main(argv: list[str] | None = None) -> int:
    parser = parser_for("hidden", __doc__)
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS, help="to hide, one at a time")
    parser.add_argument("--ablation", action="store_true", help="also without stage 1, and without stage 2")
    parser.add_argument("--base", default=STAGES, help=f"method that differences are to (default {STAGES!r})")
    arguments = parser.parse_args(argv)
    networks = networks_by_name(arguments.weights)
    methods = {name: ("", run) for name, run in FILLS.items()}
    learnt = LEARNT | (WITHOUT if arguments.ablation else {})
    for which in networks:
        for name, run in learnt.items():
            methods[f"{which}: {name}" if which else name] = which, run
    scores = score(people_of(arguments), networks, methods, arguments.parts, arguments.seed)
    print(report(scores, arguments.base))
    listed = arguments.observations and arguments.observations.parent / people.PEOPLE
    if listed and listed.is_file():
        print("\n" + groups(scores, people.read_people(listed), [name for name in methods if name not in FILLS]))
    write(arguments.output, scores)
    return 0
