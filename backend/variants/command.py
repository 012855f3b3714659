"""python -m backend variants: stylised variants of a head, styles times seeds."""

import argparse
from collections.abc import Callable

from ..arguments import add_options
from ..command_line import PINS_HELP, add_inputs, make_parser, print_results, read_request, run
from ..messages import Variants
from ..option import BACKEND, VARIANTS
from ..options import select

OPTIONS = select(BACKEND, VARIANTS)

EXAMPLE = """\
Example: python -m backend variants --mesh head.obj --portrait portrait.png --styles cel,oil --seeds 0,1 --output DIR

Each texture is named STYLE_SEED. A seed draws what the portrait does not show, and how a style is painted.
"""


def main(argv: list[str]) -> int:
    arguments = build_parser().parse_args(argv)

    def work(show: Callable[[str, float], None]) -> None:
        from .job import make_variants

        varied = make_variants(Variants(job="cli", **read_request(arguments, OPTIONS)), show, lambda: False)
        print_results([*(one["output"] for one in varied.made), *varied.maps], varied.tiles, varied.warnings)

    return run(work)


def build_parser() -> argparse.ArgumentParser:
    about = "Make stylised variants of a head: styles times seeds."
    parser = make_parser("variants", about, f"{EXAMPLE}\n{PINS_HELP}")
    add_inputs(parser)
    parser.add_argument("--output", required=True, metavar="DIR", help="the folder for the textures")
    add_options(parser, OPTIONS)
    parser.add_argument("--base-texture", default="", metavar="FILE", help="what texels outside the head keep")
    parser.add_argument("--sheet", default="", metavar="FILE", help="the head in all variants, from two sides (PNG)")
    parser.add_argument("--report", default="", metavar="FILE", help="JSON: registration, seconds, memory")
    return parser
