"""blender --command avatartex variants: a set of stylised variants of one head, baked into the file."""

from __future__ import annotations

import argparse
import sys

from .. import api
from ..backend.option import BLENDER, VARIANTS
from ..backend.options import select
from ..core.terminal import ProgressLine
from .ending import refuse_without_file, save_file, tell_end, tell_notes
from .head_arguments import add_head, read_head

OPTIONS = select(BLENDER, VARIANTS)

MANUAL = """\
Paint a head in several styles, bake each as a material and an asset, and save the file.

  blender -b scene.blend --command avatartex variants --object Head --portrait face.jpg --styles cel --output set.blend
  blender -b scene.blend --command avatartex variants --object Head --portrait face.jpg --place beside --overwrite
  blender -b scene.blend --command avatartex variants --object Head --portrait face.jpg --show ink:0 --overwrite

One variant is made of each style for each seed; a seed draws how a style is painted and what the portrait does not
show. Each is a copy of the head's material with the variant's texture, marked as an asset in the catalogue
AvatarTex/NAME beside the file. The head goes on showing what it showed unless --show says otherwise. A variant of the
same style and seed that is there already is replaced.
"""


def add_variants(commands) -> None:
    several = commands.add_parser(
        "variants",
        help="bake stylised variants of one head and save the file",
        description=MANUAL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_head(several, OPTIONS)
    several.add_argument("--show", metavar="STYLE:SEED", help="the variant that the head then shows")
    several.set_defaults(run=run_variants)


def run_variants(given: argparse.Namespace) -> int:
    """The whole command; its exit code."""
    try:
        refuse_without_file(given)
        made = api.variants(**read_head(given, OPTIONS), on_progress=ProgressLine())
        if given.show:
            style, _, seed = given.show.partition(":")
            api.show_variant(made.object, style, int(seed) if seed.isdigit() else 0)
    except (api.AvatarTexError, api.Cancelled) as end:
        return tell_end(end)
    tell_notes(made.warnings)
    print(f"Baked {len(made.materials)} variants of {made.object.name!r}: {made.summary}", file=sys.stderr)
    return save_file(given.output)
