"""An image of the .blend file as a portrait: a file of ours with its pixels. The image itself is not changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import bpy
import numpy as np

from ..core.png import encode
from .images import KNOWN_FORMATS

#: What the backend decodes (backend/portrait/decode.py), as suffixes of files.
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".tga", ".gif", ".jp2", ".avif")


def find_portraits(made: set[bpy.types.Image]) -> list[bpy.types.Image]:
    """Images of the file that can be a portrait: still pictures, and none of those that AvatarTex made."""
    return [
        image for image in bpy.data.images
        if image.source in {"FILE", "GENERATED"} and image.type in {"IMAGE", "UV_TEST"} and image not in made
    ]


def write_portrait(image: bpy.types.Image, folder: Path) -> Path:
    """The image as a file that the backend can read: its own where that says the same, else one below `folder`.

    The file is called as the image, in a folder called by its content: pins go by the name of a portrait's file.

    Raises:
        LookupError: it has no pixels.
        OSError: the disk is full.
    """
    if image.source == "FILE" and not image.is_dirty and image.packed_file is None:
        own = Path(bpy.path.abspath(image.filepath, library=image.library))
        if own.is_file() and own.suffix.lower() in SUFFIXES:
            return own
    data = b"" if image.is_dirty or image.source == "GENERATED" else original_bytes(image)
    suffix = next((suffix for start, suffix in KNOWN_FORMATS if data.startswith(start)), "")
    if not suffix:
        data, suffix = encode(read_pixels(image)), ".png"
    return keep(data, Path(bpy.path.clean_name(image.name)).stem + suffix, folder)


def original_bytes(image: bpy.types.Image) -> bytes:
    """As they are packed, or in its file; b'' where that is gone."""
    if image.packed_file is not None:
        return image.packed_file.data
    path = Path(bpy.path.abspath(image.filepath, library=image.library))
    return path.read_bytes() if path.is_file() else b""


def keep(data: bytes, name: str, folder: Path) -> Path:
    """A file with these bytes; the same bytes are the same file."""
    path = folder / hashlib.sha256(data).hexdigest()[:12] / name
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(data)
        part.replace(path)
    return path


def read_pixels(image: bpy.types.Image) -> np.ndarray:
    """(H,W,4) uint8 sRGB, straight alpha, row 0 on top.

    Blender keeps bytes as they are stored with straight alpha, floats scene-linear and premultiplied.

    Raises:
        LookupError: the image has none.
    """
    (width, height), channels = image.size, image.channels
    if not width or not height or len(image.pixels) != width * height * channels:
        raise LookupError(f"The image '{image.name}' has no pixels.")
    pixels = np.empty((height, width, channels), np.float32)
    image.pixels.foreach_get(pixels.ravel())
    color = pixels[..., :3] if channels >= 3 else np.repeat(pixels[..., :1], 3, 2)
    has_alpha = channels == 4 and image.alpha_mode not in {"NONE", "CHANNEL_PACKED"}
    alpha = np.clip(pixels[..., 3:], 0, 1) if has_alpha else np.ones((height, width, 1), np.float32)
    if image.is_float:
        linear = np.maximum(color / np.maximum(alpha, 1e-6), 0)
        color = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    rows = np.concatenate([color, alpha], 2)[::-1]
    return np.rint(np.clip(rows, 0, 1) * 255).astype(np.uint8)
