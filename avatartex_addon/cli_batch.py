"""blender --command avatartex batch: a table of heads and portraits, run to its end."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import bpy

from . import api, batching
from .backend.messages import SIZES, STYLES
from .core.batch import RowState, again, count, tell
from .core.matching import RULES
from .core.table import write_report
from .core.terminal import ProgressLine

MANUAL = """\
Texture many heads, each from its portrait, and save the file.

  blender -b crowd.blend --command avatartex batch --table crowd.csv --report report.json
  blender -b crowd.blend --command avatartex batch --collection Crowd --portraits faces/ --output textured.blend
  blender -b textured.blend --command avatartex batch --retry

The table has the columns object, portrait, style, seed (the last two may be missing); its portraits are relative to
it. The batch is kept in the .blend file: without --table and --portraits, what waits there is run, so an interrupted
batch goes on, and a finished one does nothing.

Exit code: 0 every head is done, 1 wrong use, 2 refused, 3 some heads failed (the others are done and saved).
"""

EXIT_SOME_FAILED = 3


def add_parser(commands) -> None:
    many = commands.add_parser(
        "batch", help="texture many heads and save the file", description=MANUAL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    many.add_argument("--table", metavar="FILE", help="CSV: object, portrait, style, seed")
    many.add_argument("--portraits", metavar="DIR", help="find a portrait for each head in this folder, by name")
    many.add_argument("--match", choices=RULES, default="name",
                      help="by the picture's name, its folder's name, or the order (default name)")
    many.add_argument("--collection", metavar="NAME", help="only heads in this collection (default: the whole scene)")
    many.add_argument("--style", choices=STYLES, help="for rows that come without one (default: the scene's)")
    many.add_argument("--seed", type=int, help="for rows that come without one (default: the scene's)")
    many.add_argument("--size", choices=[str(size) for size in SIZES], help="texels (default: the scene's)")
    many.add_argument("--shared", choices=("copy", "once"), default="copy",
                      help="shared materials: a copy per character, or one texture for all (default copy)")
    many.add_argument("--retry", action="store_true", help="failed heads of the file's table wait again")
    many.add_argument("--output", metavar="FILE", help=".blend file to write (default: the loaded one)")
    many.add_argument("--report", metavar="FILE", action="append", default=[],
                      help="what became of each head: .json or .csv; may be repeated")


def fill(options: argparse.Namespace, scene: bpy.types.Scene) -> None:
    """The scene's settings and table as the options say.

    Raises:
        AvatarTexError: an option names what is not there.
    """
    collection = None
    if options.collection is not None:
        collection = bpy.data.collections.get(options.collection)
        if collection is None:
            names = ", ".join(repr(known.name) for known in bpy.data.collections)
            raise wrong(f"There is no collection {options.collection!r}.", f"There are: {names or 'none'}.")
    settings = scene.avatartex
    settings.size = options.size or settings.size
    settings.style = options.style or settings.style
    settings.seed = settings.seed if options.seed is None else options.seed
    if options.retry:
        again(scene.avatartex_batch.rows, {RowState.FAILED})
    if options.table:
        api.fill_by_table(scene, Path(options.table))
    if options.portraits:
        folder = Path(options.portraits)
        if not folder.is_dir():
            raise wrong(f"There is no folder {options.portraits!r}.", "Name the folder with the portraits.")
        if not api.fill_by_rule(scene, folder, options.match, collection):
            raise wrong(f"No picture in {options.portraits!r} fits a head.", "Look at --match, or use --table.")
    if not scene.avatartex_batch.rows:
        raise wrong("The file holds no batch.", "Say which heads with --table or --portraits.")


def run(options: argparse.Namespace, save, refuse) -> int:
    """The whole command; `save` and `refuse` are those of cli.py."""
    scene = bpy.context.scene
    if not (options.output or bpy.data.filepath):
        return refuse(api.ErrorCode.BAD_REQUEST, "No file is loaded: name one with --output.")
    try:
        fill(options, scene)
        rows = api.batch(
            scene=scene, sharing="material" if options.shared == "once" else "mesh", on_progress=ProgressLine(),
        )
        stopped = None
    except api.AvatarTexError as refusal:
        stopped, rows = refusal, scene.avatartex_batch.rows
    except api.Cancelled:
        stopped = api.AvatarTexError(api.ErrorCode.CANCELLED, "Cancelled.", "The same command goes on with the rest.")
        rows = scene.avatartex_batch.rows
    for row in rows:
        if row.state != RowState.DONE or row.reason:
            print(f"{row.state:8}{row.object_name}: {row.reason} {row.cure}".rstrip(), file=sys.stderr)
    print(f"Batch: {tell(rows)}", file=sys.stderr)
    for path in map(Path, options.report):
        try:
            write_report(path, rows, batching.about(scene))
        except OSError as reason:
            refuse(api.ErrorCode.OUTPUT_NOT_WRITTEN, f"{path} could not be written ({reason.strerror}).")
    counts = count(rows)
    code = save(options.output) if counts[RowState.DONE] else 0
    if stopped is not None:
        return refuse(stopped.code, f"{stopped.message} {stopped.cure}")
    return code or (EXIT_SOME_FAILED if counts[RowState.FAILED] else 0)


def wrong(message: str, cure: str) -> api.AvatarTexError:
    return api.AvatarTexError(api.ErrorCode.BAD_REQUEST, message, cure)
