"""What the commands of python -m backend have in common: their inputs, the request that they make, how they end."""

import argparse
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from .arguments import take
from .errors import AvatarTexError, Cancelled, ErrorCode, explain
from .messages import STAGES
from .option import Option
from .outputs import UDIM, refuse_overwriting
from .pins import NAMES, read_pins

EXIT_REFUSED = 2  # as argparse ends
#: Arguments that name what is written.
OUTPUTS = ("output", "provenance", "layers", "curves", "report", "overlay", "picture", "sheet")

PINS_HELP = f"""\
A pins file is JSON, a list of named points; each has a place on the portrait, on the head, or on both:

  [{{"name": "mouth_left", "portrait": [412.0, 633.5]}},
   {{"name": "chin", "portrait": [380, 702], "head": [0.0, 1.42, 0.11]}}]

portrait: pixels of the upright picture (shrunk to 2048 on its long side where larger), x right, y down.
head: the mesh file's own coordinates. Right and left are the person's own. Pins win over what is found; four on a
side stand in for a face that is not found there. The report of `register` lists all points in this form.

{textwrap.fill("names: " + ", ".join(NAMES), 110)}
"""


def add_inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mesh", default="", metavar="FILE", help="the head: OBJ, PLY or GLB with UVs")
    parser.add_argument("--capture", default="", metavar="FILE", help="the head as captured by the add-on, instead")
    parser.add_argument(
        "--faces", default="", metavar="NAMES", help="with --mesh: its parts that are head (default: found by itself)"
    )
    parser.add_argument("--portrait", required=True, metavar="FILE", help="photograph, painting or drawing of a face")


def read_request(arguments: argparse.Namespace, options: Iterable[Option]) -> dict[str, Any]:
    """The fields of a request: files as they were given, the table's options checked, pins read.

    Raises:
        AvatarTexError: BAD_REQUEST, BAD_PINS.
    """
    taken = {"command", "weights", *(option.name for option in options)}
    given = {name: value for name, value in vars(arguments).items() if name not in taken}
    fields = {**given, **take(arguments, options)}
    if fields["pins"]:  # a request carries the pins and not their file
        refuse_overwriting([fields["pins"]], [given.get(name, "") for name in OUTPUTS])
    return {**fields, "pins": read_pins(fields["pins"]) if fields["pins"] else []}


def make_parser(name: str, about: str, epilog: str = "") -> argparse.ArgumentParser:
    """Of the command of that name; the lines of its texts stay as they are."""
    return argparse.ArgumentParser(
        prog=f"python -m backend {name}",
        description=about,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def print_results(paths: Iterable[str], tiles: Iterable[int], warnings: Iterable[str] = ()) -> None:
    """The name of every file of every tile; warnings on stderr."""
    for warning in warnings:
        print(f"note: {warning}", file=sys.stderr)
    for path in paths:
        for tile in list(tiles) or [0]:
            print(path.replace(UDIM, str(tile)))


def run(work: Callable[[Callable[[str, float], None]], None]) -> int:
    """The exit code; every refusal is one sentence on stderr with a code and what to do next."""
    last = ""

    def show(stage: str, fraction: float) -> None:
        nonlocal last
        if stage != last:
            print(f"{round(fraction * 100):3d} %  {STAGES.get(stage, stage)}", file=sys.stderr)
            last = stage

    try:
        work(show)
    except AvatarTexError as refusal:
        print(f"error {refusal}", file=sys.stderr)
        return EXIT_REFUSED
    except (Cancelled, KeyboardInterrupt):
        print(f"error [{ErrorCode.CANCELLED}] Cancelled; nothing was written.", file=sys.stderr)
        return EXIT_REFUSED
    except Exception as bug:
        explained = explain(bug)
        if explained.code is ErrorCode.INTERNAL:
            traceback.print_exc()
        print(f"error {explained}", file=sys.stderr)
        return EXIT_REFUSED
    return 0
