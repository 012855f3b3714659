"""python -m backend variants: stylised variants of a head, styles times seeds."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from ..__main__ import PINS_HELP, add_further, add_inputs, run
from ..messages import DEVICES, HAIRS, LIGHTS, PAINTED_STYLES, PICTURE_FORMATS, PROFILES, SIZES, STYLES, Variants
from ..pins import read_pins
from .seeds import parse_seeds

EXAMPLE = """\
Example: python -m backend variants --mesh head.obj --portrait portrait.png --styles cel,oil --seeds 0,1 --output DIR

Each texture is named STYLE_SEED. A seed draws what the portrait does not show, and how a style is painted.
"""


def main(argv: list[str]) -> int:
    options = vars(build_parser().parse_args(argv))

    def work(show: Callable[[str, float], None]) -> None:
        from .job import make_variants

        options["pins"] = read_pins(options["pins"]) if options["pins"] else []
        options["styles"] = [word.strip() for word in options["styles"].split(",") if word.strip()]
        options["seeds"] = parse_seeds(options["seeds"])
        varied = make_variants(Variants(job="cli", **options), show, lambda: False)
        for warning in varied.warnings:
            print(f"note: {warning}", file=sys.stderr)
        for one in varied.made:
            for tile in varied.tiles or [0]:
                print(Path(one["output"].replace("<UDIM>", str(tile))))

    return run(work)


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m backend variants", description="Make stylised variants of a head: styles times seeds.",
        epilog=f"{EXAMPLE}\n{PINS_HELP}", formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_inputs(parser)
    add_further(parser)
    parser.add_argument("--output", required=True, metavar="DIR", help="the folder for the textures")
    parser.add_argument(
        "--styles", default=",".join(PAINTED_STYLES[1:]), metavar="NAMES",
        help=f"by commas, of {', '.join(PAINTED_STYLES)} (default: all but photo)",
    )
    parser.add_argument("--seeds", default="0", metavar="NUMBERS", help="by commas, or a range as 0-3 (default 0)")
    parser.add_argument("--size", type=int, default=1024, help=f"texels: {', '.join(map(str, SIZES))} (default 1024)")
    parser.add_argument("--format", default="png", help=f"{', '.join(PICTURE_FORMATS)} (default png)")
    parser.add_argument("--style", default="auto", help=f"the portrait's own: {', '.join(STYLES)} (default auto)")
    parser.add_argument("--light", default="keep", help=f"the portrait's light: {', '.join(LIGHTS)} (default keep)")
    parser.add_argument(
        "--hair", default="keep", help=f"the portrait's hair on the scalp: {', '.join(HAIRS)} (default keep)",
    )
    parser.add_argument("--profile", default="builtin", help=f"{', '.join(PROFILES)} (default builtin)")
    parser.add_argument("--device", default="auto", help=f"{', '.join(DEVICES)} (default auto)")
    parser.add_argument("--base-texture", default="", metavar="FILE", help="what texels outside the head keep")
    parser.add_argument("--sheet", default="", metavar="FILE", help="the head in all variants, from two sides (PNG)")
    parser.add_argument("--report", default="", metavar="FILE", help="JSON: registration, seconds, memory")
    return parser
