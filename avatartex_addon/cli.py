"""blender -b scene.blend --command avatartex generate --object NAME --portrait FILE [--output out.blend]"""

from __future__ import annotations

import argparse
import sys

import bpy

from .backend.messages import SIZES, STYLES

_handle = None


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="blender -b SCENE.blend --command avatartex", description="Texture heads without a window.",
        epilog="Example: blender -b scene.blend --command avatartex generate --object Head --portrait anna.jpg --output out.blend",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("generate", help="texture one head and save the file")
    one.add_argument("--object", required=True, metavar="NAME", help="the mesh object that carries the face")
    one.add_argument("--portrait", required=True, metavar="FILE", help="photograph, painting or drawing of a face")
    one.add_argument("--output", metavar="FILE", help="the .blend to write (default: the opened file)")
    one.add_argument("--uv-map", default="", metavar="NAME", help="the UV map (default: the active one)")
    one.add_argument("--style", default="auto", choices=STYLES, help="default auto")
    one.add_argument("--size", type=int, default=1024, choices=SIZES, help="texels (default 1024)")
    one.add_argument("--seed", type=int, default=0, help="same seed, same texture (default 0)")
    return parser


def run(argv: list[str]) -> int:
    """The command; 0 only when the file was saved with its texture."""
    try:
        arguments = build_parser().parse_args(argv)
    except SystemExit as end:
        return int(end.code or 0)
    head = bpy.data.objects.get(arguments.object)
    if head is None or head.type != "MESH":
        meshes = ", ".join(sorted(o.name for o in bpy.data.objects if o.type == "MESH")) or "none"
        print(f"error: There is no mesh object {arguments.object!r}. The file has: {meshes}.", file=sys.stderr)
        return 2
    output = arguments.output or bpy.data.filepath
    if not output:
        print("error: The scene was never saved. Name the file to write with --output.", file=sys.stderr)
        return 2
    settings = bpy.context.scene.avatartex
    settings.head, settings.uv_map, settings.portrait = head, arguments.uv_map, arguments.portrait
    settings.style, settings.size, settings.seed = arguments.style, str(arguments.size), arguments.seed
    try:
        outcome = bpy.ops.avatartex.generate()
    except RuntimeError:
        outcome = {"CANCELLED"}
    job = bpy.context.window_manager.avatartex_job
    if outcome != {"FINISHED"}:
        print(f"error [{job.error_code}] {job.error_message} {job.error_cure}", file=sys.stderr)
        return 2
    bpy.ops.wm.save_as_mainfile(filepath=output, copy=bool(arguments.output))
    print(f"{job.summary}\n{output}")
    return 0


def register():
    global _handle
    _handle = bpy.utils.register_cli_command("avatartex", run)


def unregister():
    global _handle
    bpy.utils.unregister_cli_command(_handle)
    _handle = None
