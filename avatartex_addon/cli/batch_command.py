"""blender --command avatartex batch: a table of heads and portraits, run to its end."""

import argparse
import sys
from pathlib import Path

import bpy

from .. import api
from ..backend.arguments import add_options, take
from ..backend.map_options import MAPS
from ..backend.option import BATCH, BLENDER
from ..backend.options import HEAD_GROUP, SEED, SIZE, STYLE, select
from ..core.batch import RowState, again, count, counts_text
from ..core.log import ProgressLine
from ..core.matching import RULES
from ..core.table import write_report
from ..jobs import scene_batch
from .ending import EXIT_SOME_FAILED, add_command, add_output, print_end, print_refusal, refuse_without_file, save_file

OPTIONS = select(BLENDER, BATCH)

MANUAL = """\
Texture many heads, each from its portrait, and save the file.

  blender -b crowd.blend --command avatartex batch --table crowd.csv --overwrite --report report.json
  blender -b crowd.blend --command avatartex batch --collection Crowd --portraits faces/ --output textured.blend
  blender -b textured.blend --command avatartex batch --retry --overwrite

The table has the columns object, portrait, style, seed (the last two may be missing); its portraits are relative to
it. The batch is kept in the .blend file: without --table and --portraits, what waits there is run, so an interrupted
batch goes on, and a finished one does nothing.

Exit code: 0 every head is done, 1 wrong use, 2 refused, 3 some heads failed (the others are done and saved).
"""


def add_batch(commands) -> None:
    many = add_command(commands, "batch", run_batch, "texture many heads and save the file", MANUAL)
    many.add_argument("--table", metavar="FILE", help="CSV: object, portrait, style, seed")
    many.add_argument("--portraits", metavar="DIR", help="find a portrait for each head in this folder, by name")
    many.add_argument(
        "--match",
        choices=RULES,
        default="name",
        help="by the picture's name, its folder's name, or the order (default name)",
    )
    many.add_argument("--collection", metavar="NAME", help="only heads in this collection (default: the whole scene)")
    add_options(many, OPTIONS, unset="each head's")
    many.add_argument(
        "--shared",
        choices=("copy", "once"),
        default="copy",
        help="shared materials: a copy per character, or one texture for all (default copy)",
    )
    add_options(many, (MAPS,), unset="the file's")
    many.add_argument("--retry", action="store_true", help="failed heads of the file's table wait again")
    add_output(many)
    many.add_argument(
        "--report",
        metavar="FILE",
        action="append",
        default=[],
        help="what became of each head: .json or .csv; may be repeated",
    )


def fill_table(options: argparse.Namespace, scene: bpy.types.Scene) -> None:
    """The heads' options and the scene's table as the options say.

    Raises:
        AvatarTexError: an option names what is not there.
    """
    collection = None
    if options.collection is not None:
        collection = bpy.data.collections.get(options.collection)
        if collection is None:
            names = ", ".join(repr(known.name) for known in bpy.data.collections)
            raise api.ErrorCode.BAD_REQUEST(
                f"There is no collection {options.collection!r}.", f"There are: {names or 'none'}."
            )
    given = take(options, OPTIONS)
    of_rows = {name: given.pop(name) for name in (STYLE.name, SEED.name) if name in given}
    if options.retry:
        again(scene.avatartex_batch.rows, {RowState.FAILED})
    if options.table:
        api.fill_by_table(scene, Path(options.table), of_rows)
    if options.portraits:
        folder = Path(options.portraits)
        if not folder.is_dir():
            raise api.ErrorCode.BAD_REQUEST(
                f"There is no folder {options.portraits!r}.", "Name the folder with the portraits."
            )
        if not api.fill_by_rule(scene, folder, options.match, collection, of_rows):
            raise api.ErrorCode.BAD_REQUEST(
                f"No picture in {options.portraits!r} fits a head.", "Look at --match, or use --table."
            )
    if not scene.avatartex_batch.rows:
        raise api.ErrorCode.BAD_REQUEST("The file holds no batch.", "Say which heads with --table or --portraits.")
    for head in (row.object for row in scene.avatartex_batch.rows if row.object is not None):
        for name, value in given.items():
            if name != HEAD_GROUP.name or value in head.vertex_groups:
                setattr(head.avatartex, name, str(value) if name == SIZE.name else value)  # a menu holds text


def run_batch(options: argparse.Namespace) -> int:
    """A batch that was torn off is reported and saved, too."""
    scene, stopped = bpy.context.scene, None
    try:
        refuse_without_file(options)
        fill_table(options, scene)
        rows = api.batch(
            scene=scene,
            sharing="material" if options.shared == "once" else "mesh",
            maps=take(options, (MAPS,)).get(MAPS.name),
            on_progress=ProgressLine(),
        )
    except (api.AvatarTexError, api.Cancelled) as end:
        stopped, rows = end, scene.avatartex_batch.rows
    for row in rows:
        if row.state != RowState.DONE or row.reason:
            print(f"{row.state:8}{row.object_name}: {row.reason} {row.cure}".rstrip(), file=sys.stderr)
    print(f"Batch: {counts_text(rows)}", file=sys.stderr)
    for path in map(Path, options.report):
        try:
            write_report(path, rows, scene_batch.describe_run(scene))
        except OSError as reason:
            print_refusal(api.ErrorCode.OUTPUT_NOT_WRITTEN, f"{path} could not be written ({reason.strerror}).")
    counts = count(rows)
    code = save_file(options.output) if counts[RowState.DONE] else 0
    if stopped is not None:
        return print_end(stopped, "Cancelled. The same command goes on with the rest.")
    return code or (EXIT_SOME_FAILED if counts[RowState.FAILED] else 0)
