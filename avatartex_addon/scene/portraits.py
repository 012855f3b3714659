"""Portraits: an image of the .blend file as a file of ours, and the further portraits that a head remembers."""

import hashlib
import uuid
from pathlib import Path

import bpy
import numpy as np

from ..core.chore import Parts
from ..core.matching import SUFFIXES
from ..core.png import encode
from .head import portrait_path
from .images import KNOWN_FORMATS, original, read_pixels, to_srgb, unpacked


def find_portraits(made: set[bpy.types.Image]) -> list[bpy.types.Image]:
    """Images of the file that can be a portrait: still pictures, and none of those that AvatarTex made."""
    return [
        image
        for image in bpy.data.images
        if image.source in {"FILE", "GENERATED"} and image.type in {"IMAGE", "UV_TEST"} and image not in made
    ]


def write_portrait(image: bpy.types.Image, folder: Path) -> Parts:
    """A chore: the file with the image that the backend can read, its own where that says the same, else one of ours.

    Ours lies below `folder` and is called as the image, in a folder called by its content: pins go by the name of a
    portrait's file.

    Raises:
        LookupError: it has no pixels.
        OSError: the disk is full.
    """
    name, stem = image.name, Path(bpy.path.clean_name(image.name)).stem
    if not (image.is_dirty or image.source == "GENERATED"):
        packed, beside = image.packed_file is not None, Path(bpy.app.tempdir) / f"avatartex_{uuid.uuid4().hex[:8]}"
        own = original(image, beside)
        if not packed and own.is_file() and own.suffix.lower() in SUFFIXES:
            return own
        if kept := (yield lambda: keep_known(own, stem, folder, own == unpacked(beside))):
            return kept
    image = bpy.data.images.get(name)
    if image is None or not image.size[0] or len(image.pixels) != image.size[0] * image.size[1] * image.channels:
        raise LookupError(f"The image '{name}' has no pixels.")
    pixels, image = yield from read_pixels(name)
    if image is None:
        raise LookupError(f"The image '{name}' was deleted.")
    is_float, has_alpha = image.is_float, image.alpha_mode not in {"NONE", "CHANNEL_PACKED"}
    return (yield lambda: keep(encode(to_bytes(pixels, is_float, has_alpha)), f"{stem}.png", folder))


def keep_known(source: Path, stem: str, folder: Path, take: bool) -> Path | None:
    """A file of a format that the backend knows; None where it is another. Without bpy.

    Args:
        take: remove the source.
    """
    data = source.read_bytes() if source.is_file() else b""
    if take:
        source.unlink(missing_ok=True)
    suffix = next((suffix for start, suffix in KNOWN_FORMATS if data.startswith(start)), "")
    return keep(data, stem + suffix, folder) if suffix else None


def keep(data: bytes, name: str, folder: Path) -> Path:
    """A file with these bytes; the same bytes are the same file."""
    path = folder / hashlib.sha256(data).hexdigest()[:12] / name
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(data)
        part.replace(path)
    return path


def to_bytes(pixels: np.ndarray, is_float: bool, has_alpha: bool) -> np.ndarray:
    """(H,W,4) uint8 sRGB, straight alpha, row 0 on top, of (H,W,channels) float32, rows from the bottom. Without bpy.

    Blender keeps bytes as they are stored with straight alpha, floats scene-linear and premultiplied.
    """
    height, width, channels = pixels.shape
    color = pixels[..., :3] if channels >= 3 else np.repeat(pixels[..., :1], 3, 2)
    has_alpha = channels == 4 and has_alpha
    alpha = np.clip(pixels[..., 3:], 0, 1) if has_alpha else np.ones((height, width, 1), np.float32)
    if is_float:
        color = to_srgb(color / np.maximum(alpha, 1e-6))
    rows = np.concatenate([color, alpha], 2)[::-1]
    return np.rint(np.clip(rows, 0, 1) * 255).astype(np.uint8)


def further_paths(head: bpy.types.Object) -> tuple[str, ...]:
    """Absolute paths of those that are there."""
    return tuple(path for path in map(portrait_path, all_paths(head)) if Path(path).is_file())


def find_missing(head: bpy.types.Object) -> int:
    """Index of the first whose file is gone, -1 when all are there."""
    return next((index for index, path in enumerate(all_paths(head)) if not Path(portrait_path(path)).is_file()), -1)


def all_paths(head: bpy.types.Object) -> list[str]:
    return [entry.path for entry in head.avatartex_further]


def add_further(head: bpy.types.Object, path: str) -> None:
    """One more, once."""
    if portrait_path(path) in map(portrait_path, all_paths(head)):
        return
    entry = head.avatartex_further.add()
    entry.name = entry.path = path  # overrides keep entries with names alone
    head.avatartex_further_index = len(head.avatartex_further) - 1


def remove_further(head: bpy.types.Object, index: int) -> None:
    head.avatartex_further.remove(index)
    head.avatartex_further_index = max(0, min(head.avatartex_further_index, len(head.avatartex_further) - 1))
