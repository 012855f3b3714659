"""blender --command avatartex ...: the API without a window."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import bpy

from . import api, cli_batch, cli_setup, cli_variants, session
from .backend.errors import ErrorCode
from .backend.messages import HAIRS, LIGHTS, SIZES, STYLES
from .core.child import clean_environment, hidden_process
from .core.command import PYTHON_VARIABLE, backend_command
from .core.terminal import ProgressLine
from .preferences import find_backend_python, home

EXIT_DONE, EXIT_USAGE, EXIT_REFUSED = 0, 1, 2

MANUAL = """\
Texture heads from portraits, without a window.

  blender -b scene.blend --command avatartex generate --object Head --portrait face.jpg --output textured.blend
  blender -b crowd.blend --command avatartex batch --table crowd.csv --report report.json
  blender -b --online-mode --command avatartex setup
  blender -b scene.blend --command avatartex variants --object Head --portrait face.jpg --styles cel,oil
  blender -b --command avatartex doctor

Each command has its own --help. Without --output the loaded file is saved. Textures are packed into it. Exit code:
0 done, 1 wrong use, 2 refused (the reason and its cure are on stderr, with a stable code in brackets), 3 some heads
of a batch failed.
"""

_command = None


def main(argv: list[str]) -> int:
    """Blender's entry: the words after 'avatartex'; the process's exit code."""
    try:
        options = build_parser().parse_args(argv)
    except SystemExit as end:  # argparse ends the process; Blender has to end itself
        return EXIT_USAGE if end.code else EXIT_DONE
    match options.command:
        case "batch":
            return cli_batch.run(options, save, refuse)
        case "setup" | "wheels":
            return cli_setup.run(options, refuse)
        case "variants":
            return cli_variants.run(options, save, refuse)
        case "doctor":
            return doctor(options)
        case _:
            return generate(options)


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="blender [-b scene.blend] --command avatartex", description=MANUAL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("generate", help="texture one head and save the file", description="Texture one head.")
    one.add_argument("--object", required=True, metavar="NAME", help="the head, a mesh object of the scene")
    one.add_argument("--portrait", required=True, metavar="FILE", help="photograph, painting or drawing of a face")
    one.add_argument("--output", metavar="FILE", help=".blend file to write (default: the loaded one)")
    one.add_argument("--texture", metavar="FILE",
                     help="also write the texture there (PNG); of several UDIM tiles t.png becomes t.1001.png, ...")
    one.add_argument("--uv-map", default="", metavar="NAME", help="the UV map (default: the one that renders show)")
    one.add_argument("--head-group", default="", metavar="NAME", help="vertex group of the head's faces (default: all)")
    one.add_argument("--size", default="1024", choices=[str(size) for size in SIZES], help="texels (default 1024)")
    one.add_argument("--style", default="auto", choices=STYLES, help="what the portrait looks like (default auto)")
    one.add_argument("--light", default="keep", choices=LIGHTS, help="the portrait's light (default keep)")
    one.add_argument("--hair", default="keep", choices=HAIRS, help="the portrait's hair on the scalp (default keep)")
    one.add_argument("--further", action="append", default=[], metavar="FILE",
                     help="another picture of the same person, for what the portrait does not show; several times")
    one.add_argument("--pins", metavar="FILE", help="named points that win over what is found and over the head's own "
                     "pins: JSON as for the backend, places on the head in world coordinates")
    one.add_argument("--seed", type=int, default=0, help="same seed, same texture (default 0)")
    cli_batch.add_parser(commands)
    cli_setup.add_parsers(commands)
    cli_variants.add_parser(commands)
    check = commands.add_parser(
        "doctor", help="tell what works on this machine, and the mend for what does not",
        description="Tell whether Blender's side and the backend work here, and the mend for what does not.",
    )
    check.add_argument("--json", action="store_true", help="the backend's findings as one JSON object on stdout")
    return parser


def doctor(options: argparse.Namespace) -> int:
    """What Blender's side sees, then the backend's own examination in its own Python."""
    python = find_backend_python()
    seen = sys.stderr if options.json else sys.stdout
    print(f"Blender   {bpy.app.version_string}, Python {sys.version.split()[0]}", file=seen)
    print(f"backend   {python or 'not set up'}", file=seen)
    print(f"log       {session.log().path}", file=seen, flush=True)
    if not python:
        return refuse(ErrorCode.BACKEND_MISSING,
                      "The backend is not set up. Press Set Up Backend in the add-on's preferences, or name its Python "
                      f"there or in {PYTHON_VARIABLE}.")
    words = backend_command(python, session.EXTENSION_FOLDER, home().weights, "doctor",
                            *(["--json"] if options.json else []))
    try:
        said = subprocess.run(words, env=clean_environment(), stdin=subprocess.DEVNULL, text=True, encoding="utf-8",
                              errors="replace", capture_output=True, check=False, **hidden_process())
    except OSError as reason:
        return refuse(ErrorCode.BACKEND_MISSING, f"The backend's Python could not be started ({reason.strerror}).")
    print(said.stdout, end="")
    print(said.stderr, end="", file=sys.stderr)
    return EXIT_REFUSED if said.returncode else EXIT_DONE


def generate(options: argparse.Namespace) -> int:
    if not (options.output or bpy.data.filepath):
        return refuse(ErrorCode.BAD_REQUEST, "No file is loaded: name one with --output.")
    try:
        made = api.generate(
            options.object, Path(options.portrait).resolve(), uv_map=options.uv_map, style=options.style,
            size=int(options.size), seed=options.seed, light=options.light, head_group=options.head_group,
            hair=options.hair, further=[Path(path).resolve() for path in options.further], pins=options.pins or (),
            on_progress=ProgressLine(),
        )
    except api.AvatarTexError as refusal:
        return refuse(refusal.code, f"{refusal.message} {refusal.cure}")
    except api.Cancelled:
        return refuse(ErrorCode.CANCELLED, "Cancelled; nothing was written.")
    for warning in made.warnings:
        print(f"note: {warning}", file=sys.stderr)
    try:
        if options.texture:
            copy_texture(made.texture, Path(options.texture))
    except OSError as reason:
        return refuse(ErrorCode.OUTPUT_NOT_WRITTEN, f"{options.texture} could not be written ({reason.strerror}).")
    print(f"Textured {made.object.name!r}: {made.summary}", file=sys.stderr)
    return save(options.output)


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


def save(output: str) -> int:
    """Save the .blend file, the loaded one when no other is named."""
    path = Path(output or bpy.data.filepath).resolve()
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(path), check_existing=False)
    except (OSError, RuntimeError) as reason:
        return refuse(ErrorCode.OUTPUT_NOT_WRITTEN, f"{path.name} could not be written ({reason}).")
    print(path)
    return EXIT_DONE


def refuse(code: str, text: str) -> int:
    print(f"error [{code}] {text}", file=sys.stderr)
    return EXIT_REFUSED


def register() -> None:
    global _command
    _command = bpy.utils.register_cli_command("avatartex", main)


def unregister() -> None:
    global _command
    bpy.utils.unregister_cli_command(_command)
    _command = None
