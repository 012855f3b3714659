"""blender --command avatartex expressions: what a textured head's expressions add, as maps in its material."""

from __future__ import annotations

import argparse
import sys

from .. import api
from ..core.terminal import ProgressLine
from .ending import add_output, refuse_without_file, save_file, tell_end, tell_notes

MANUAL = """\
Add expression maps to a head that AvatarTex textured, and save the file.

  blender -b textured.blend --command avatartex expressions --object Head --output faces.blend
  blender -b textured.blend --command avatartex expressions --object Head --keys smile,frown --overwrite

The head's shape keys drive them; ARKit's, ICT-FaceKit's and MakeHuman's names are known. Maps that are there already
are replaced.
"""


def add_expressions(commands) -> None:
    maps = commands.add_parser(
        "expressions",
        help="add expression maps to a textured head and save the file",
        description=MANUAL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    maps.add_argument("--object", required=True, metavar="NAME", help="the head, a mesh object of the scene")
    maps.add_argument(
        "--keys", default="", metavar="NAMES", help="its shape keys, by commas (default: those that are expressions)"
    )
    add_output(maps)
    maps.set_defaults(run=run_expressions)


def run_expressions(given: argparse.Namespace) -> int:
    """The whole command; its exit code."""
    try:
        refuse_without_file(given)
        keys = [name.strip() for name in given.keys.split(",") if name.strip()]
        made = api.add_expression_maps(given.object, keys=keys, on_progress=ProgressLine())
    except (api.AvatarTexError, api.Cancelled) as end:
        return tell_end(end)
    tell_notes(made.warnings)
    print(f"Maps of {len(made.expressions)} expressions for {made.object.name!r}: {made.summary}", file=sys.stderr)
    return save_file(given.output)
