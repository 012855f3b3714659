"""blender --command avatartex variants: a set of stylised variants of one head, baked into the file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import bpy

from . import api
from .backend.messages import HAIRS, LIGHTS, PAINTED_STYLES, PICTURE_FORMATS, SIZES, STYLES
from .core.terminal import ProgressLine

MANUAL = """\
Paint a head in several styles, bake each as a material and an asset, and save the file.

  blender -b scene.blend --command avatartex variants --object Head --portrait face.jpg --styles cel,oil --seeds 0-2
  blender -b scene.blend --command avatartex variants --object Head --portrait face.jpg --format exr --place beside
  blender -b scene.blend --command avatartex variants --object Head --portrait face.jpg --styles ink --show ink:0

One variant is made of each style for each seed; a seed draws how a style is painted and what the portrait does not
show. Each is a copy of the head's material with the variant's texture, marked as an asset in the catalogue
AvatarTex/NAME beside the file. The head goes on showing what it showed unless --show says otherwise. A variant of the
same style and seed that is there already is replaced.
"""


def add_parser(commands) -> None:
    several = commands.add_parser(
        "variants", help="bake stylised variants of one head and save the file", description=MANUAL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    several.add_argument("--object", required=True, metavar="NAME", help="the head, a mesh object of the scene")
    several.add_argument("--portrait", required=True, metavar="FILE", help="photograph, painting or drawing of a face")
    several.add_argument("--output", metavar="FILE", help=".blend file to write (default: the loaded one)")
    several.add_argument("--styles", default=",".join(PAINTED_STYLES[1:]), metavar="NAMES",
                         help=f"by commas, of {', '.join(PAINTED_STYLES)} (default: all but photo)")
    several.add_argument("--seeds", default="0", metavar="NUMBERS", help="by commas, or a range as 0-3 (default 0)")
    several.add_argument("--size", default="1024", choices=[str(size) for size in SIZES], help="texels (default 1024)")
    several.add_argument("--format", default="png", choices=PICTURE_FORMATS,
                         help="png: sRGB, 8 bits; exr: linear half floats (default png)")
    several.add_argument("--place", default="packed", choices=("packed", "beside"),
                         help="packed into the file, or in 'textures' beside the loaded one (default packed)")
    several.add_argument("--show", metavar="STYLE:SEED", help="the variant that the head then shows")
    several.add_argument("--uv-map", default="", metavar="NAME", help="the UV map (default: the one that renders show)")
    several.add_argument("--head-group", default="", metavar="NAME",
                         help="vertex group of the head's faces (default: all)")
    several.add_argument("--hair", default="keep", choices=HAIRS,
                         help="the portrait's hair on the scalp (default keep)")
    several.add_argument("--further", action="append", default=[], metavar="FILE",
                         help="another picture of the same person; several times")
    several.add_argument("--style", default="auto", choices=STYLES, help="what the portrait looks like (default auto)")
    several.add_argument("--light", default="keep", choices=LIGHTS, help="the portrait's light (default keep)")


def run(options: argparse.Namespace, save, refuse) -> int:
    """The whole command; `save` and `refuse` are those of cli.py."""
    if not (options.output or bpy.data.filepath):
        return refuse(api.ErrorCode.BAD_REQUEST, "No file is loaded: name one with --output.")
    try:
        made = api.variants(
            options.object, Path(options.portrait).resolve(), uv_map=options.uv_map, style=options.style,
            styles=[word.strip() for word in options.styles.split(",") if word.strip()], seeds=options.seeds,
            size=int(options.size), format=options.format, beside=options.place == "beside", light=options.light,
            head_group=options.head_group, hair=options.hair,
            further=[Path(path).resolve() for path in options.further], on_progress=ProgressLine(),
        )
        if options.show:
            style, _, seed = options.show.partition(":")
            api.show_variant(made.object, style, int(seed) if seed.isdigit() else 0)
    except api.AvatarTexError as refusal:
        return refuse(refusal.code, f"{refusal.message} {refusal.cure}")
    except api.Cancelled:
        return refuse(api.ErrorCode.CANCELLED, "Cancelled; nothing was written.")
    for warning in made.warnings:
        print(f"note: {warning}", file=sys.stderr)
    print(f"Baked {len(made.materials)} variants of {made.object.name!r}: {made.summary}", file=sys.stderr)
    return save(options.output)
