"""python -m backend.lab benchmark: textures beside known truth, with baselines, in one table and on one page.

    python -m backend.lab benchmark --data DATA --output OUT --quick        made here, ten minutes on two cores
    python -m backend.lab benchmark --cases CASES --output OUT              of cases that were made before
    python -m backend.lab benchmark --cases CASES --output OUT --results THEIRS
                                                                            with another project's textures

CASES has a folder a case: head.obj, portrait.jpg, and the truth. THEIRS has a texture for each, by the case's name
(NAME.png or .jpg, of any size, in the UV map of head.obj). OUT gets benchmark.json, benchmark.html, contact_sheet.jpg
and the textures; what is measured already is kept.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from ... import __version__
from ...errors import AvatarTexError, ErrorCode
from ...farm.rows import DONE, Outcome
from ...imaging.files import write_bytes
from ..calls import add_engine, make_pool, run_calls
from ..evaluation import metrics
from . import maps, people
from .cases import COUNT, QUICK, make_cases, read_cases
from .measure import ESTIMATED, asked, read_figures
from .methods import BASELINES, OURS
from .page import Pictures, intro, write_page
from .pictures import as_jpeg, case_pictures, sheet
from .runs import Run, behind
from .scores import score_texture, tone_of
from .tables import all_tables

SUFFIXES = (".png", ".jpg", ".jpeg")


def main(argv: list[str] | None = None) -> int:
    arguments = build_parser().parse_args(argv)
    cv2.setNumThreads(1)
    try:
        folder = arguments.cases or arguments.output / "cases"
        count = arguments.count or (QUICK if arguments.quick else 0)
        if arguments.data:
            make_cases(arguments.data, folder, count or COUNT, make_pool(arguments))
        run = measured(folder, arguments, count)
        for results in arguments.results:
            add_results(run, folder, results)
        if not (run.bodies or run.results):
            raise AvatarTexError(ErrorCode.INTERNAL, "Nothing could be measured.", "Its reasons stand above.")
        finish(run, map_run(arguments), folder, arguments)
    except AvatarTexError as refusal:
        print(f"error {refusal}", file=sys.stderr)
        return 2
    return 1 if run.refused else 0


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m backend.lab benchmark",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, help="folder of heads and skins, laid out as shared/data: makes the cases")
    parser.add_argument("--cases", type=Path, metavar="DIR", help="of the cases (default OUTPUT/cases)")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} cases and {people.QUICK} people")
    parser.add_argument("--count", type=int, default=0, help=f"so many cases, evenly (default {COUNT})")
    parser.add_argument("--size", type=int, default=512, help="texels (default 512)")
    parser.add_argument("--results", type=Path, nargs="*", default=[], metavar="DIR", help="textures by case name")
    parser.add_argument("--only-results", action="store_true", help="measure nothing else")
    parser.add_argument("--faces", type=Path, metavar="DIR", help="portraits of people, or observations of faces build")
    add_engine(parser)
    return parser


def measured(folder: Path, arguments: argparse.Namespace, count: int) -> Run:
    """The cases, each measured unless it is already."""
    cases = read_cases(folder, count)
    wanted = {name: asked(about, arguments.size) for name, about in cases.items()}
    run = Run({name: about | {"tone": tone_of(folder / name)} for name, about in cases.items()})
    found = {name: read_figures(arguments.output, name, wanted[name]) for name in cases}
    todo = [] if arguments.only_results else [name for name, body in found.items() if body is None]
    shared = {"output": str(arguments.output.resolve()), "size": arguments.size}

    def note(outcome: Outcome) -> None:
        told = f"{outcome.seconds:.0f} s" if outcome.state == DONE else f"{outcome.state}: {outcome.reason}"
        print(f"{outcome.row} of {len(todo)}: {outcome.output}: {told}", file=sys.stderr, flush=True)
        if outcome.state == DONE:
            found[outcome.output] = read_figures(arguments.output, outcome.output, wanted[outcome.output])
        else:
            run.refused[outcome.output] = outcome.reason

    if todo:
        work = ((name, shared | {"case": str((folder / name).resolve())}) for name in todo)
        run_calls(f"{__package__}.measure:measure", work, make_pool(arguments), note)
    run.bodies |= {name: body for name, body in found.items() if body}
    return run


def map_run(arguments: argparse.Namespace) -> Run | None:
    """Maps, which need the data's own skins and heads: no case knows its relief."""
    if arguments.only_results or not arguments.data or not maps.there(arguments.data):
        return None
    return maps.measured(arguments.data, arguments.output, arguments.quick, make_pool(arguments))


def texture_of(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / (name + suffix) for suffix in SUFFIXES) if path.is_file()), None)


def add_results(run: Run, folder: Path, results: Path) -> None:
    """Another project's textures, by the name of their folder.

    Raises:
        AvatarTexError: BAD_REQUEST, it holds none.
    """
    textures = {name: texture_of(results, name) for name in run.cases}
    row = {name: score_texture(folder / name, path) for name, path in textures.items() if path}
    if not row:
        raise AvatarTexError(ErrorCode.BAD_REQUEST, f"{results} holds no texture of a case.", "Name them CASE.png.")
    if missing := len(run.cases) - len(row):
        print(f"{results.name}: {missing} cases have no texture", file=sys.stderr)
    run.results[results.resolve().name] = row


def finish(run: Run, relief: Run | None, folder: Path, arguments: argparse.Namespace) -> None:
    """Tables on the terminal, and the files."""
    output, tables, told = arguments.output, all_tables(run), behind(run)
    body = {"version": __version__, "size": arguments.size, "cases": run.cases, "refused": run.refused}
    if relief:
        told += [f"maps, {one}" for one in behind(relief)]
        tables += maps.map_tables(relief)
        body["maps"] = {case: one["figures"][ESTIMATED] for case, one in relief.bodies.items()}
    body |= {"figures": run.bodies, "results": run.results, "behind": told}
    if arguments.faces:
        head = folder / next(iter(run.cases)) / "head.obj"
        more, body["people"] = people.people_tables(arguments.faces, head, arguments.quick)
        tables += more
    print(intro(run, arguments.size))
    print("\nWhere another method is ahead:\n" + "\n".join(f"- {one}" for one in told or ["nowhere"]))
    for table in tables:
        print(f"\n{table.title}\n\n{table.about}\n\n{metrics.table(table.head, table.rows)}")
    write_bytes(output / "benchmark.json", json.dumps(body, indent=1).encode())
    pictures = {name: dict(both) for name, both in pictured(run, folder, arguments)}
    write_bytes(output / "contact_sheet.jpg", as_jpeg(sheet(pictures)))
    write_page(output / "benchmark.html", run, tables, told, pictures)
    print(f"\n{output / 'benchmark.html'}", file=sys.stderr)


def pictured(run: Run, folder: Path, arguments: argparse.Namespace) -> Iterator[tuple[str, Pictures]]:
    """Case, and its pictures by method."""
    own = arguments.output / "textures" / ESTIMATED
    for name, about in run.cases.items():
        textures = {method: own / method / f"{name}.png" for method in (OURS, *BASELINES) if name in run.bodies}
        textures |= {one.resolve().name: texture_of(one, name) for one in arguments.results}
        textures = {method: path for method, path in textures.items() if path and path.is_file()}
        if textures:
            front = np.asarray(run.bodies[name]["front"]) if name in run.bodies else None
            drawn = case_pictures(folder / name, about, front, textures)
            yield name, {method: (flat, head) for method, flat, head in drawn}
