"""blender --command avatartex ...: the operators without a window."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import bpy

from .backend.errors import ErrorCode
from .backend.messages import SIZES, STYLES

EXIT_DONE, EXIT_USAGE, EXIT_REFUSED = 0, 1, 2

MANUAL = """\
Texture heads from portraits, without a window.

  blender -b scene.blend --command avatartex generate --object Head --portrait face.jpg --output textured.blend

Without --output the scene's own file is saved. The texture is packed into it. Exit code: 0 done, 1 wrong use,
2 refused (the reason and its cure are on stderr, with a stable code in brackets).
"""

_command = None


def main(argv: list[str]) -> int:
    """Blender's entry: the words after 'avatartex'; the process's exit code."""
    try:
        options = build_parser().parse_args(argv)
    except SystemExit as end:  # argparse ends the process; Blender has to end itself
        return EXIT_USAGE if end.code else EXIT_DONE
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
    one.add_argument("--texture", metavar="FILE", help="also write the texture there (PNG)")
    one.add_argument("--uv-map", default="", metavar="NAME", help="the UV map (default: the one that renders show)")
    one.add_argument("--head-group", default="", metavar="NAME", help="vertex group of the head's faces (default: all)")
    one.add_argument("--size", default="1024", choices=[str(size) for size in SIZES], help="texels (default 1024)")
    one.add_argument("--style", default="auto", choices=STYLES, help="what the portrait looks like (default auto)")
    one.add_argument("--seed", type=int, default=0, help="same seed, same texture (default 0)")
    return parser


def generate(options: argparse.Namespace) -> int:
    head = bpy.data.objects.get(options.object)
    if head is None or head.type != "MESH":
        meshes = ", ".join(repr(candidate.name) for candidate in bpy.data.objects if candidate.type == "MESH")
        return refuse(ErrorCode.NO_MESH, f"There is no mesh object {options.object!r}. There are: {meshes or 'none'}.")
    if not (options.output or bpy.data.filepath):
        return refuse(ErrorCode.BAD_REQUEST, "No file is loaded: name one with --output.")
    settings = bpy.context.scene.avatartex
    settings.head, settings.uv_map, settings.head_group = head, options.uv_map, options.head_group
    settings.selected_faces = False
    settings.portrait = str(Path(options.portrait).resolve())
    settings.size, settings.style, settings.seed = options.size, options.style, options.seed
    job = bpy.context.window_manager.avatartex_job
    job.reset()
    try:
        bpy.ops.avatartex.generate("EXEC_DEFAULT")
    except RuntimeError as reason:  # an ERROR report, or poll's refusal
        text = f"{job.error_message} {job.error_cure}" if job.error_code else poll_sentence(reason)
        return refuse(job.error_code or find_code(), text)
    if not job.texture_path:
        return refuse(ErrorCode.CANCELLED, "Cancelled; nothing was written.")
    for warning in job.warnings.splitlines():
        print(f"note: {warning}", file=sys.stderr)
    return save(options, job)


def save(options: argparse.Namespace, job) -> int:
    output = Path(options.output or bpy.data.filepath).resolve()
    try:
        if options.texture:
            Path(options.texture).write_bytes(Path(job.texture_path).read_bytes())
        bpy.ops.wm.save_as_mainfile(filepath=str(output), check_existing=False)
    except (OSError, RuntimeError) as reason:
        return refuse(ErrorCode.OUTPUT_NOT_WRITTEN, f"{output.name} could not be written ({reason}).")
    print(f"Textured {job.object_name!r}: {job.summary}", file=sys.stderr)
    print(output)
    return EXIT_DONE


def poll_sentence(reason: RuntimeError) -> str:
    """Blender puts 'Operator ...poll() ' or 'Error: ' before our sentence."""
    return str(reason).split("failed, ", 1)[-1].removeprefix("Error: ").strip()


def find_code() -> str:
    from .scene.head import find_problem

    problem = find_problem(bpy.context)
    return problem.code if problem is not None else ErrorCode.INTERNAL


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
