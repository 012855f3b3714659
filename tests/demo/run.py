"""The demo, run by the environment's Python with bpy: install the zip, press Generate Texture, show the result.

    python -m tests.demo.run EXTENSION.zip OUTPUT_FOLDER

Blender's user folder is where BLENDER_USER_RESOURCES says; build.py points it to a temporary one.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import bpy

from tests.leave import leave

from . import scene, sources
from .head import build_head
from .sheet import save_sheet


def main(zip_path: Path, output: Path) -> int:
    """Leave demo.png, texture.png, provenance.png, report.json and avatartex_demo.blend in the output folder."""
    install(zip_path)
    say("Building the scene: MakeHuman's head (CC0), a NASA photograph (public domain)")
    subject = scene.build(build_head())
    portrait = Path(shutil.copyfile(sources.astronaut(), output / "portrait.png"))
    bpy.context.scene.avatartex.head, settings = subject, subject.avatartex
    settings.portrait, settings.size, settings.seed = str(portrait), "1024", 0
    say("Generate Texture")
    started = time.monotonic()
    job = bpy.context.window_manager.avatartex_job
    try:
        outcome = bpy.ops.avatartex.generate()
    except RuntimeError:  # the operator's error report; the job says it with its cure
        outcome = {"CANCELLED"}
    if outcome != {"FINISHED"}:
        print(f"error: [{job.error_code}] {job.error_message} {job.error_cure}", file=sys.stderr)
        return 1
    summary = subject.avatartex_history[-1].summary
    say(f"Textured in {time.monotonic() - started:.1f} s, the backend's start included. {summary}")
    for source, name in (
        (job.texture_path, "texture.png"),
        (job.provenance_path, "provenance.png"),
        (job.report_path, "report.json"),
    ):
        shutil.copyfile(source, output / name)
    say("Rendering the head from three sides")
    with tempfile.TemporaryDirectory() as folder:
        views = scene.render_views(Path(folder))
        save_sheet({"Portrait": portrait, "Texture": output / "texture.png", **views}, output / "demo.png")
    settings.portrait = "//portrait.png"  # beside the file, wherever it is carried
    scene.save(output / "avatartex_demo.blend")
    check(output)
    return 0


def install(zip_path: Path) -> None:
    """Install and enable the built extension, as Install from Disk does."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.preferences.addon_enable(module="bl_pkg")
    bpy.ops.extensions.package_install_files(filepath=str(zip_path), repo="user_default", enable_on_install=True)
    if not hasattr(bpy.context.scene, "avatartex"):
        sys.exit("error: the extension was installed, but did not register; the lines above say why.")


def check(output: Path) -> None:
    """The saved file is read back: the texture must be inside it and on the head."""
    json.loads((output / "report.json").read_text(encoding="utf-8"))
    bpy.ops.wm.open_mainfile(filepath=str(output / "avatartex_demo.blend"))
    material = bpy.data.objects[scene.HEAD_NAME].material_slots[0].material
    links = next(n for n in material.node_tree.nodes if n.type == "BSDF_PRINCIPLED").inputs["Base Color"].links
    if not links or not any(i.packed_file and i.size[0] == 1024 for i in bpy.data.images):
        sys.exit("error: avatartex_demo.blend does not hold the texture.")


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    try:
        leave(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))
    except SystemExit as end:
        print(end, file=sys.stderr)
        leave(1)
