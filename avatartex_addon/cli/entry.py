"""blender --command avatartex ...: the words after 'avatartex' come here."""

import argparse

import bpy

from ..backend.errors import AvatarTexError, Cancelled
from .batch_command import add_batch
from .ending import EXIT_DONE, EXIT_USAGE, print_end
from .head_commands import add_head_commands
from .setup_command import add_doctor, add_setup

MANUAL = """\
Texture heads from portraits, without a window.

  blender -b scene.blend --command avatartex generate --object Head --portrait face.jpg --output textured.blend
  blender -b crowd.blend --command avatartex batch --table crowd.csv --overwrite --report report.json
  blender -b --online-mode --command avatartex setup
  blender -b scene.blend --command avatartex variants --object Head --portrait face.jpg --styles cel,oil --overwrite
  blender -b scene.blend --command avatartex expressions --object Head --overwrite
  blender -b scene.blend --command avatartex curves --object Head --overwrite
  blender -b --command avatartex doctor

Each command has its own --help. The result is saved into --output FILE, or with --overwrite into the
loaded file. Textures are packed into it. Exit code:
0 done, 1 wrong use, 2 refused (the reason and its cure are on stderr, with a stable code in brackets), 3 some heads
of a batch failed.
"""

_command = None


def main(argv: list[str]) -> int:
    """Blender's entry; the process's exit code."""
    try:
        given = build_parser().parse_args(argv)
    except SystemExit as end:  # argparse ends the process; Blender has to end itself
        return EXIT_USAGE if end.code else EXIT_DONE
    try:
        return given.run(given)
    except (AvatarTexError, Cancelled) as end:
        return print_end(end)


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="blender [-b scene.blend] --command avatartex",
        description=MANUAL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for add in (add_head_commands, add_batch, add_setup, add_doctor):
        add(commands)
    return parser


def register() -> None:
    global _command
    _command = bpy.utils.register_cli_command("avatartex", main)


def unregister() -> None:
    global _command
    bpy.utils.unregister_cli_command(_command)
    _command = None
