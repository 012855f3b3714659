"""How a command begins and ends: its parser, exit codes, the saved file, and one sentence where it is refused."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import bpy

from ..backend.errors import AvatarTexError, Cancelled, ErrorCode

EXIT_DONE, EXIT_USAGE, EXIT_REFUSED, EXIT_SOME_FAILED = 0, 1, 2, 3


def add_command(commands, name: str, run: Callable[[argparse.Namespace], int], help: str, manual: str):
    """The parser of one command.

    Args:
        run: the whole command; its exit code. AvatarTexError and Cancelled are caught around it.
        help: in the list of commands. manual: above its own arguments.
    """
    parser = commands.add_parser(
        name, help=help, description=manual, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.set_defaults(run=run)
    return parser


def add_output(parser: argparse.ArgumentParser) -> None:
    """Where a command writes to: one of the two has to be said."""
    parser.add_argument("--output", metavar="FILE", help=".blend file to write")
    parser.add_argument("--overwrite", action="store_true", help="write into the loaded .blend file")


def refuse_without_file(given: argparse.Namespace) -> None:
    """Before any work: it is not said where the result goes.

    Raises:
        AvatarTexError: BAD_REQUEST.
    """
    if given.output:
        return
    if not given.overwrite:
        raise ErrorCode.BAD_REQUEST(
            "It is not said where to save.", "Name a file with --output, or save into the loaded one with --overwrite."
        )
    if not bpy.data.filepath:
        raise ErrorCode.BAD_REQUEST("No file is loaded.", "Name one with --output.")


def save_file(output: str | None) -> int:
    """Save the .blend file, the loaded one where no other is named; the exit code."""
    path = Path(output or bpy.data.filepath).resolve()
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(path), check_existing=False)
    except (OSError, RuntimeError) as reason:
        return print_refusal(ErrorCode.OUTPUT_NOT_WRITTEN, f"{path.name} could not be written ({reason}).")
    print(path)
    return EXIT_DONE


def print_made(what: str, made) -> None:
    """Warnings and summary of what a job made, on stderr."""
    for note in made.warnings:
        print(f"note: {note}", file=sys.stderr)
    print(f"{what}: {made.summary}", file=sys.stderr)


def print_end(end: AvatarTexError | Cancelled, cancelled: str = "Cancelled; nothing was written.") -> int:
    """Why there is no result, on stderr; the exit code."""
    if isinstance(end, Cancelled):
        return print_refusal(ErrorCode.CANCELLED, cancelled)
    return print_refusal(end.code, f"{end.message} {end.cure}")


def print_refusal(code: str, text: str) -> int:
    print(f"error [{code}] {text.rstrip()}", file=sys.stderr)
    return EXIT_REFUSED
