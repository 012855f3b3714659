"""python -m backend: texture heads from portraits, without Blender."""

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from . import verified
from .arguments import add_options
from .command_line import EXIT_REFUSED, PINS_HELP, add_inputs, print_results, read_request, run
from .errors import AvatarTexError, ErrorCode
from .messages import Generate, Register
from .option import BACKEND, GENERATE, REDO
from .options import FRONT, PINS, UP, select

#: Commands that live elsewhere: name -> (module, what it does).
ELSEWHERE = {
    "variants": ("backend.variants.command", "make stylised variants of a head: styles times seeds"),
    "expressions": ("backend.expressions.command", "make maps of what a head's expressions add to its texture"),
    "layers": ("backend.layers.command", "save a texture's layers for paint programs (.ora, .psd)"),
    "faces": ("backend.portrait.faces_command", "list the faces of a picture"),
    "models": ("backend.models.command", "fetch, check and remove large models, for machines with a graphics card"),
    "farm": ("backend.farm.command", "texture thousands of characters: a table, and the engines that run it"),
    "doctor": ("backend.doctor", "say what works on this machine, and the mend for what does not"),
}
#: Of generate, which redoes regions too.
OPTIONS = select(BACKEND, GENERATE, REDO)


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

        if sys.stdin is None or sys.stdout is None:
            print("error: serve needs its standard input and output; the add-on starts it.", file=sys.stderr)
            return EXIT_REFUSED
        return serve(sys.stdin, sys.stdout)
    return run_register(arguments) if arguments.command == "register" else run_generate(arguments)


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m backend",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Example: python -m backend generate --mesh head.obj --portrait portrait.png --output texture.png",
    )
    parser.add_argument(
        "--weights", metavar="DIR", help="a folder that Set Up Backend filled; what it lacks comes with this code"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="the worker that the add-on starts: JSON lines on stdin and stdout")
    for name, (_, text) in ELSEWHERE.items():
        commands.add_parser(name, help=text, add_help=False)
    one = commands.add_parser(
        "generate",
        help="make one texture",
        description="Make one texture.",
        epilog=PINS_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_inputs(one)
    one.add_argument(
        "--output", required=True, metavar="FILE", help="the texture to write (.png, or .exr for linear colour)"
    )
    add_options(one, OPTIONS)
    one.add_argument("--base-texture", default="", metavar="FILE", help="what texels outside the head keep")
    one.add_argument(
        "--provenance", default="", metavar="FILE", help="picture: red photo, green mirrored, blue generated"
    )
    one.add_argument(
        "--layers", default="", metavar="FILE", help="the texture's layers: .ora or .psd, or .layers for Blender"
    )
    one.add_argument(
        "--curves", default="", metavar="FILE", help="npz: the hair's strands as curves on the head, with their colours"
    )
    one.add_argument(
        "--report", default="", metavar="FILE", help="JSON: versions, camera, errors, seconds, memory, shares"
    )
    one.add_argument(
        "--base-provenance", default="", metavar="FILE", help="the base texture's provenance, for texels that stay"
    )
    one.add_argument("--keep-stages", default="", metavar="DIR", help="write the picture after each step")
    shown = commands.add_parser(
        "register",
        help="show how the head lies on the portrait, without a texture",
        epilog=PINS_HELP,
        description="Show how the head lies on the portrait, without a texture.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_inputs(shown)
    add_options(shown, (PINS, FRONT, UP))
    shown.add_argument("--overlay", default="", metavar="FILE", help="the head drawn over the portrait (PNG)")
    shown.add_argument("--picture", default="", metavar="FILE", help="the portrait whose pixels the pins count (PNG)")
    shown.add_argument("--report", default="", metavar="FILE", help="JSON: score, errors, camera, all named points")
    return parser


def run_generate(arguments: argparse.Namespace) -> int:
    """One texture."""

    def work(show: Callable[[str, float], None]) -> None:
        from .pipeline import generate

        result = generate(Generate(job="cli", **read_request(arguments, OPTIONS)), show, lambda: False)
        print_results([result.output, *result.maps], result.tiles, result.warnings)

    return run(work)


def run_register(arguments: argparse.Namespace) -> int:
    """One registration; a face that is not found is a refusal, though the report's points are written."""

    def work(show: Callable[[str, float], None]) -> None:
        from .registering import register_only

        found = register_only(Register(job="cli", **read_request(arguments, (PINS, FRONT, UP))), show)
        if found.code:
            raise AvatarTexError(ErrorCode(found.code), found.message, found.cure)
        print_results((), (), found.warnings)
        print(
            f"score {found.score:.2f}, error {found.error_px:.1f} px of {found.face_height:.0f}, "
            f"coverage {found.coverage:.0%}, front {found.front}, up {found.up}: {found.sentence}"
        )

    return run(work)


if __name__ == "__main__":
    raise SystemExit(main())
