"""blender --command avatartex generate: one head, one texture."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .. import api
from ..backend.option import BLENDER, GENERATE
from ..backend.options import select
from ..core.terminal import ProgressLine
from .ending import refuse_without_file, save_file, tell_end, tell_notes, tell_refusal
from .head_arguments import add_head, read_head

OPTIONS = select(BLENDER, GENERATE)


def add_generate(commands) -> None:
    one = commands.add_parser("generate", help="texture one head and save the file", description="Texture one head.")
    add_head(one, OPTIONS)
    one.add_argument(
        "--texture",
        metavar="FILE",
        help="also write the texture there (PNG); of several UDIM tiles t.png becomes t.1001.png, ...",
    )
    one.add_argument(
        "--layers",
        metavar="FILE",
        help="also write the texture's layers there, for paint programs: .ora (Krita, GIMP) or .psd (Photoshop)",
    )
    one.set_defaults(run=run_generate)


def run_generate(given: argparse.Namespace) -> int:
    """The whole command; its exit code."""
    try:
        refuse_without_file(given)
        made = api.generate(**read_head(given, OPTIONS), on_progress=ProgressLine())
    except (api.AvatarTexError, api.Cancelled) as end:
        return tell_end(end)
    tell_notes(made.warnings)
    try:
        if given.texture:
            copy_texture(made.texture, Path(given.texture))
        if given.layers:
            api.save_layers(made.object, Path(given.layers).resolve())
    except (api.AvatarTexError, api.Cancelled) as end:
        return tell_end(end)
    except OSError as reason:
        return tell_refusal(
            api.ErrorCode.OUTPUT_NOT_WRITTEN, f"{given.texture} could not be written ({reason.strerror})."
        )
    print(f"Textured {made.object.name!r}: {made.summary}", file=sys.stderr)
    return save_file(given.output)


def copy_texture(texture: Path, target: Path) -> None:
    """Of a head in several UDIM tiles as target.1001.png and so on.

    Raises:
        OSError: it cannot be written.
    """
    before, tiled, after = texture.name.partition("<UDIM>")
    if not tiled:
        target.write_bytes(texture.read_bytes())
        return
    for tile in sorted(texture.parent.glob(f"{before}[0-9][0-9][0-9][0-9]{after}")):
        number = tile.name.removeprefix(before).removesuffix(after)
        target.with_name(f"{target.stem}.{number}{target.suffix}").write_bytes(tile.read_bytes())
