"""The picture on the system's clipboard, as a file."""

import os
import shutil
import subprocess
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import bpy

from ..core.chore import run_whole
from ..core.matching import SUFFIXES
from .portraits import keep, write_portrait

#: Programs that hand out the clipboard's picture where Blender itself cannot (X11), by the variable that says so.
TOOLS = {
    "WAYLAND_DISPLAY": ("wl-paste", "--type", "image/png"),
    "DISPLAY": ("xclip", "-selection", "clipboard", "-t", "image/png", "-o"),
}
PASTED_NAME = "pasted"


def paste(context: bpy.types.Context, folder: Path) -> Path:
    """The copied picture: a copied file itself, or a file below `folder` with the copied pixels.

    Raises:
        LookupError: there is none; the text says why and what to do.
        OSError: the disk is full.
    """
    if path := copied_file(context.window_manager.clipboard):
        return path
    if image := paste_by_blender(context):
        try:
            path = run_whole(write_portrait(image, folder))
            return keep(path.read_bytes(), f"{PASTED_NAME}{path.suffix}", folder)
        finally:
            bpy.data.images.remove(image)
    if data := paste_by_tool():
        return keep(data, f"{PASTED_NAME}.png", folder)
    if missing := missing_tool():
        raise LookupError(
            f"Blender cannot read pictures from the clipboard of this system without '{missing}'. "
            "Install it, or save the picture as a file and drop it here."
        )
    raise LookupError("There is no picture on the clipboard. Copy one in a browser or an image editor first.")


def copied_file(text: str) -> Path | None:
    """The picture file that a copied path or file address names."""
    line = text.strip().splitlines()[0].strip().strip("\"'") if text.strip() else ""
    if line.startswith("file://"):
        line = urllib.request.url2pathname(urllib.parse.urlsplit(line).path)
    if not line.lower().endswith(SUFFIXES) or not os.path.isabs(line):
        return None
    return Path(line) if Path(line).is_file() else None


def paste_by_blender(context: bpy.types.Context) -> bpy.types.Image | None:
    """The image that Blender's own Paste makes of the clipboard; only an Image Editor can call it."""
    if bpy.app.background or context.window is None:
        return None
    before = set(bpy.data.images)
    with image_editor(context) as override, context.temp_override(**override):
        try:
            bpy.ops.image.clipboard_paste()
        except RuntimeError:
            return None  # its poll: nothing there, or a system that it cannot ask
    return next(iter(set(bpy.data.images) - before), None)


@contextmanager
def image_editor(context: bpy.types.Context):
    """An Image Editor for a moment: one that is open, else another area than the one whose button was pressed."""
    areas = list(context.window.screen.areas)
    areas.sort(key=lambda area: (area.ui_type != "IMAGE_EDITOR", area == context.area, area.width * area.height))
    area = areas[0]
    kind = area.ui_type
    if kind != "IMAGE_EDITOR":
        area.ui_type = "IMAGE_EDITOR"
    space = area.spaces.active
    shown = space.image
    try:
        region = next(region for region in area.regions if region.type == "WINDOW")
        yield {"window": context.window, "area": area, "region": region}
    finally:
        space.image = shown
        if kind != "IMAGE_EDITOR":
            area.ui_type = kind


def paste_by_tool() -> bytes:
    """PNG from the first program that has one; b'' without."""
    for variable, command in TOOLS.items():
        if os.environ.get(variable) and shutil.which(command[0]):
            try:
                done = subprocess.run(command, capture_output=True, timeout=3.0)  # the clipboard's owner may be hung
            except (OSError, subprocess.TimeoutExpired):
                continue
            if done.stdout.startswith(b"\x89PNG"):
                return done.stdout
    return b""


def missing_tool() -> str:
    """The program that this system would need; '' where nothing is missing."""
    named = [command[0] for variable, command in TOOLS.items() if os.environ.get(variable)]
    return named[0] if named and not any(shutil.which(name) for name in named) else ""
