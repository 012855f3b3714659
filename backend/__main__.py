"""python -m backend: texture heads from portraits, without Blender."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from .errors import AvatarTexError, Cancelled, ErrorCode
from .messages import DEVICES, HAIRS, LIGHTS, PROFILES, SIZES, STAGES, STYLES, Generate, Register
from .models import verified
from .pins import NAMES, read_pins

#: Commands that live elsewhere: name -> (module, what it does).
ELSEWHERE = {
    "variants": ("backend.variants.command", "make stylised variants of a head: styles times seeds"),
    "doctor": ("backend.doctor", "tell what works on this machine, and the mend for what does not"),
}
EXIT_REFUSED, EXIT_BUG = 2, 3

PINS_HELP = f"""\
A pins file is JSON, a list of named points; each has a place on the portrait, on the head, or on both:

  [{{"name": "mouth_left", "portrait": [412.0, 633.5]}},
   {{"name": "chin", "portrait": [380, 702], "head": [0.0, 1.42, 0.11]}}]

portrait: pixels of the upright picture (shrunk to 2048 on its long side where larger), x right, y down.
head: the mesh file's own coordinates. Right and left are the person's own. Pins win over what is found; four on a
side stand in for a face that is not found there. The report of `register` lists all points in this form.

{textwrap.fill("names: " + ", ".join(NAMES), 110)}
"""


def main(argv: list[str] | None = None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    if len(argv) > 1 and argv[0] == "--weights":  # before any command, those that live elsewhere too
        verified.shared, argv = Path(argv[1]), argv[2:]
    if argv and argv[0] in ELSEWHERE:
        return import_module("." + ELSEWHERE[argv[0]][0].split(".", 1)[1], __package__).main(argv[1:])
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.command == "serve":
        from .worker import serve

        return serve(sys.stdin, sys.stdout)
    options = {key: value for key, value in vars(arguments).items() if key not in ("command", "weights")}
    return run_register(options) if arguments.command == "register" else run_generate(options)


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m backend",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Example: python -m backend generate --mesh head.obj --portrait portrait.png --output texture.png",
    )
    parser.add_argument(
        "--weights", metavar="DIR", help="a folder that Set Up Backend filled; what it lacks comes with this code",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="the worker that the add-on starts: JSON lines on stdin and stdout")
    for name, (_, text) in ELSEWHERE.items():
        commands.add_parser(name, help=text, add_help=False)
    one = commands.add_parser(
        "generate", help="make one texture", description="Make one texture.", epilog=PINS_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_inputs(one)
    one.add_argument("--output", required=True, metavar="FILE", help="the texture to write (PNG)")
    one.add_argument("--size", type=int, default=1024, help=f"texels: {', '.join(map(str, SIZES))} (default 1024)")
    one.add_argument("--style", default="auto", help=f"{', '.join(STYLES)} (default auto)")
    one.add_argument("--seed", type=int, default=0, help="same seed, same texture (default 0)")
    one.add_argument("--light", default="keep", help=f"the portrait's light: {', '.join(LIGHTS)} (default keep)")
    one.add_argument(
        "--hair", default="keep", help=f"the portrait's hair on the scalp: {', '.join(HAIRS)} (default keep)",
    )
    one.add_argument("--profile", default="builtin", help=f"{', '.join(PROFILES)} (default builtin)")
    one.add_argument("--device", default="auto", help=f"{', '.join(DEVICES)} (default auto)")
    one.add_argument("--base-texture", default="", metavar="FILE", help="what texels outside the head keep")
    one.add_argument(
        "--provenance", default="", metavar="FILE", help="picture: red photo, green mirrored, blue generated"
    )
    one.add_argument(
        "--report", default="", metavar="FILE", help="JSON: versions, camera, errors, seconds, memory, shares"
    )
    one.add_argument(
        "--regions", default="", metavar="FILE",
        help="painted over the base texture: red is made anew and nothing else changes, green stays",
    )
    one.add_argument(
        "--trust-portrait", action="store_true",
        help="what is red may come from the portrait again (default: the portrait does not count there)",
    )
    one.add_argument(
        "--base-provenance", default="", metavar="FILE", help="the base texture's provenance, for texels that stay"
    )
    add_further(one)
    one.add_argument("--keep-stages", default="", metavar="DIR", help="write the picture after each step")
    look = commands.add_parser(
        "register", help="show how the head lies on the portrait, without a texture", epilog=PINS_HELP,
        description="Show how the head lies on the portrait, without a texture.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_inputs(look)
    look.add_argument("--overlay", default="", metavar="FILE", help="the head drawn over the portrait (PNG)")
    look.add_argument("--picture", default="", metavar="FILE", help="the portrait whose pixels the pins count (PNG)")
    look.add_argument("--report", default="", metavar="FILE", help="JSON: score, errors, camera, all named points")
    return parser


def add_inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mesh", default="", metavar="FILE", help="the head: OBJ, PLY or GLB with UVs")
    parser.add_argument("--capture", default="", metavar="FILE", help="the head as captured by the add-on, instead")
    parser.add_argument(
        "--faces", default="", metavar="NAMES", help="with --mesh: its parts that are head (default: found by itself)"
    )
    parser.add_argument("--portrait", required=True, metavar="FILE", help="photograph, painting or drawing of a face")
    parser.add_argument("--pins", default="", metavar="FILE", help="named points, see below (JSON)")


def add_further(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--further", action="append", default=[], metavar="FILE",
        help="another picture of the same person, for what the portrait does not show; may be given several times",
    )


def run_generate(options: dict) -> int:
    """One texture."""
    def work(show: Callable[[str, float], None]) -> None:
        from .compose.udim import tile_path
        from .pipeline import generate

        options["pins"] = read_pins(options["pins"]) if options["pins"] else []
        result = generate(Generate(job="cli", **options), show, lambda: False)
        for warning in result.warnings:
            print(f"note: {warning}", file=sys.stderr)
        for tile in result.tiles or [0]:
            print(tile_path(result.output, tile))

    return run(work)


def run_register(options: dict) -> int:
    """One registration; a face that is not found is a refusal, though the report's points are written."""
    def work(show: Callable[[str, float], None]) -> None:
        from .registering import register_only

        options["pins"] = read_pins(options["pins"]) if options["pins"] else []
        found = register_only(Register(job="cli", **options), show)
        if found.code:
            raise AvatarTexError(ErrorCode(found.code), found.message, found.cure)
        for warning in found.warnings:
            print(f"note: {warning}", file=sys.stderr)
        print(f"score {found.score:.2f}, error {found.error_px:.1f} px of {found.face_height:.0f}, "
              f"coverage {found.coverage:.0%}: {found.sentence}")

    return run(work)


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
    except MemoryError:
        print(f"error [{ErrorCode.OUT_OF_MEMORY}] Out of memory. Use a smaller --size.", file=sys.stderr)
        return EXIT_REFUSED
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
