"""blender --command avatartex generate, variants, expressions, curves: one head of the loaded file."""

import argparse
from pathlib import Path
from typing import Any

from .. import api
from ..backend.arguments import add_options, take
from ..backend.option import BLENDER, GENERATE, VARIANTS, Option
from ..backend.options import GUIDES, select
from ..core.log import ProgressLine
from .ending import add_command, add_output, print_made, refuse_without_file, save_file

OF_TEXTURES, OF_VARIANTS = select(BLENDER, GENERATE), select(BLENDER, VARIANTS)

BAKE = """\
Paint a head in several styles, bake each as a material and an asset, and save the file.

  blender -b scene.blend --command avatartex variants --object Head --portrait face.jpg --styles cel --output set.blend
  blender -b scene.blend --command avatartex variants --object Head --portrait face.jpg --place beside --overwrite
  blender -b scene.blend --command avatartex variants --object Head --portrait face.jpg --show ink:0 --overwrite

One variant is made of each style for each seed; a seed draws how a style is painted and what the portrait does not
show. Each is a copy of the head's material with the variant's texture, marked as an asset in the catalogue
AvatarTex/NAME beside the file. The head goes on showing what it showed unless --show says otherwise. A variant of the
same style and seed that is there already is replaced.
"""

EXPRESS = """\
Add expression maps to a head that AvatarTex textured, and save the file.

  blender -b textured.blend --command avatartex expressions --object Head --output faces.blend
  blender -b textured.blend --command avatartex expressions --object Head --keys smile,frown --overwrite

The head's shape keys drive them; ARKit's, ICT-FaceKit's and MakeHuman's names are known. Maps that are there already
are replaced.
"""

GROW = """\
Make hair curves of the strands that a head's texture is painted with, and save the file.

  blender -b textured.blend --command avatartex curves --object Head --output haired.blend
  blender -b textured.blend --command avatartex curves --object Head --guides 20000 --overwrite

They are Blender's own hair: rooted on the head, in the colours of the portrait. Facial hair is an object of its own.
"""


def add_head_commands(commands) -> None:
    one = add_command(commands, "generate", run_generate, "texture one head and save the file", "Texture one head.")
    add_head(one, OF_TEXTURES)
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
    several = add_command(
        commands, "variants", run_variants, "bake stylised variants of one head and save the file", BAKE
    )
    add_head(several, OF_VARIANTS)
    several.add_argument("--show", metavar="STYLE:SEED", help="the variant that the head then shows")
    maps = add_command(
        commands, "expressions", run_expressions, "add expression maps to a textured head and save the file", EXPRESS
    )
    add_head_name(maps)
    maps.add_argument(
        "--keys", default="", metavar="NAMES", help="its shape keys, by commas (default: those that are expressions)"
    )
    hair = add_command(commands, "curves", run_curves, "make hair curves of a textured head and save the file", GROW)
    add_head_name(hair)
    add_options(hair, (GUIDES,))


def add_head_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--object", required=True, metavar="NAME", help="the head, a mesh object of the scene")
    add_output(parser)


def add_head(parser: argparse.ArgumentParser, options: tuple[Option, ...]) -> None:
    add_head_name(parser)
    parser.add_argument("--portrait", required=True, metavar="FILE", help="photograph, painting or drawing of a face")
    add_options(parser, options)


def read_head(given: argparse.Namespace, options: tuple[Option, ...]) -> dict[str, Any]:
    """The API's arguments; files are relative to where the command was given.

    Raises:
        AvatarTexError: BAD_REQUEST, an option cannot have such a value, or it is not said where to save.
    """
    refuse_without_file(given)
    values = take(given, options)
    values["further"] = [Path(path).resolve() for path in values["further"]]
    values["pins"] = Path(values["pins"]).resolve() if values["pins"] else ()
    portrait = Path(given.portrait).resolve()
    return {"object": given.object, "portrait": portrait, "on_progress": ProgressLine(), **values}


def run_generate(given: argparse.Namespace) -> int:
    made = api.generate(**read_head(given, OF_TEXTURES))
    if given.texture:
        copy_texture(made.texture, Path(given.texture))
    if given.layers:
        api.save_layers(made.object, Path(given.layers).resolve())
    print_made(f"Textured {made.object.name!r}", made)
    return save_file(given.output)


def run_variants(given: argparse.Namespace) -> int:
    made = api.variants(**read_head(given, OF_VARIANTS))
    if given.show:
        style, _, seed = given.show.partition(":")
        api.show_variant(made.object, style, int(seed) if seed.isdigit() else 0)
    print_made(f"Baked {len(made.materials)} variants of {made.object.name!r}", made)
    return save_file(given.output)


def run_expressions(given: argparse.Namespace) -> int:
    refuse_without_file(given)
    keys = [name.strip() for name in given.keys.split(",") if name.strip()]
    made = api.add_expression_maps(given.object, keys=keys, on_progress=ProgressLine())
    print_made(f"Maps of {len(made.expressions)} expressions for {made.object.name!r}", made)
    return save_file(given.output)


def run_curves(given: argparse.Namespace) -> int:
    refuse_without_file(given)
    made = api.add_hair_curves(given.object, **take(given, (GUIDES,)), on_progress=ProgressLine())
    count = sum(len(thing.data.curves) for thing in made.curves)
    print_made(f"{count} hair curves for {made.object.name!r}", made)
    return save_file(given.output)


def copy_texture(texture: Path, target: Path) -> None:
    """Of a head in several UDIM tiles as target.1001.png and so on.

    Raises:
        AvatarTexError: OUTPUT_NOT_WRITTEN.
    """
    before, tiled, after = texture.name.partition("<UDIM>")
    try:
        if not tiled:
            target.write_bytes(texture.read_bytes())
        for tile in sorted(texture.parent.glob(f"{before}[0-9][0-9][0-9][0-9]{after}")) if tiled else ():
            number = tile.name.removeprefix(before).removesuffix(after)
            target.with_name(f"{target.stem}.{number}{target.suffix}").write_bytes(tile.read_bytes())
    except OSError as reason:
        raise api.ErrorCode.OUTPUT_NOT_WRITTEN(f"{target} could not be written ({reason.strerror}).", "") from reason
