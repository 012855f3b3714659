"""python -m backend expressions: what a head's expressions add to its texture, as maps."""

import argparse
from collections.abc import Callable

from ..arguments import add_options
from ..command_line import PINS_HELP, add_inputs, make_parser, print_results, read_request, run
from ..errors import ErrorCode
from ..messages import Expressions
from ..options import DEVICE, FURTHER, HAIR, PINS, SIZE, STYLE

OPTIONS = (STYLE, HAIR, SIZE, FURTHER, PINS, DEVICE)

EXAMPLE = """\
Example: python -m backend expressions --mesh head.obj --pose mouthSmile=smile.obj --pose browInnerUp=brows.obj \\
           --portrait portrait.png --base-texture texture.png --output DIR

A pose is the same mesh, moved. Each is a channel of the pictures folds_1.png and blood_1.png, folds_2.png, ..., in the
head's UV map; 128 of 255 adds nothing. The report says which channel is whose.
"""


def main(argv: list[str]) -> int:
    arguments = build_parser().parse_args(argv)

    def work(show: Callable[[str, float], None]) -> None:
        from .job import make_expressions

        fields = read_request(arguments, OPTIONS)
        fields["poses"] = [read_pose(text) for text in fields.pop("pose")]
        made = make_expressions(Expressions(job="cli", **fields), show, lambda: False)
        print_results([*made.folds, *made.blood, made.left], made.tiles, made.warnings)

    return run(work)


def read_pose(text: str) -> dict:
    """NAME=FILE.

    Raises:
        AvatarTexError: BAD_REQUEST.
    """
    name, _, file = text.partition("=")
    if not name or not file:
        raise ErrorCode.BAD_REQUEST(f"{text[:80]!r} names no pose.", "Write --pose NAME=FILE, as mouthSmile=smile.obj.")
    return {"name": name, "file": file}


def build_parser() -> argparse.ArgumentParser:
    about = "Make maps of what expressions add to a head's texture: folds, blood, stretched pores."
    parser = make_parser("expressions", about, f"{EXAMPLE}\n{PINS_HELP}")
    add_inputs(parser)
    parser.add_argument("--pose", action="append", default=[], metavar="NAME=FILE", help="an expression; repeat it")
    parser.add_argument("--output", required=True, metavar="DIR", help="the folder for the pictures")
    add_options(parser, OPTIONS)
    parser.add_argument("--base-texture", default="", metavar="FILE", help="the texture that the maps are added to")
    parser.add_argument("--report", default="", metavar="FILE", help="JSON: the channels, what portraits show, seconds")
    return parser
