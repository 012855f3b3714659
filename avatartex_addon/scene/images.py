"""Pictures between Blender and the backend's files."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import bpy
import numpy as np

from .. import versions

UDIM = "<UDIM>"
#: Formats that the backend reads as they are, by the first bytes of the file.
KNOWN_FORMATS = ((b"\x89PNG", ".png"), (b"\xff\xd8\xff", ".jpg"), (b"BM", ".bmp"), (b"RIFF", ".webp"))


def load_result(path: Path, name: str, tiles: Sequence[int] = (), packed: bool = True) -> bpy.types.Image:
    """The texture as a new image datablock; an EXR is linear, all else sRGB.

    Args:
        tiles: UDIM numbers, where <UDIM> in the path stands for them.
        packed: else the file is named relative to the .blend file.

    Packing copies the file's bytes; the pixels are decoded by Blender when they are first drawn.

    Raises:
        RuntimeError: when Blender cannot read the file.
    """
    image = bpy.data.images.load(str(path).replace(UDIM, str(min(tiles, default=""))), check_existing=False)
    image.name = name
    versions.set_linear(image) if path.suffix == ".exr" else versions.set_srgb(image)
    if tiles:
        image.source = "TILED"
        image.filepath = str(path)
        present = {tile.number for tile in image.tiles}
        for number in tiles:
            if number not in present:
                image.tiles.new(tile_number=number)
        for number in present - set(tiles):
            image.tiles.remove(image.tiles.get(number))
        image.reload()
    if not packed:
        image.filepath = bpy.path.relpath(str(path))
        return image
    image.pack()
    if tiles:
        return image  # where its tiles are unpacked to, Blender asks
    # The job's folder goes away with this Blender: 'Unpack' is to suggest a place beside the .blend file.
    image.filepath_raw = f"//textures/{bpy.path.clean_name(image.name)}{path.suffix}"
    return image


def save_base(image: bpy.types.Image, stem: Path) -> str:
    """A file with the existing texture that the backend can read; '' when it has no pixels to keep.

    A file that is on disk or packed is copied byte by byte. Only painted, generated and exotic ones (TGA, PSD, EXR)
    are written anew, as BMP: without compression a 4K picture takes a tenth of PNG's time.
    """
    if image.source == "TILED":
        return save_tiles(image, stem)
    if image.source not in {"FILE", "GENERATED"}:
        return ""  # a sequence or a movie
    data = b"" if image.is_dirty or image.source == "GENERATED" else original_bytes(image)
    for start, suffix in KNOWN_FORMATS:
        if data.startswith(start):
            stem.with_suffix(suffix).write_bytes(data)
            return str(stem.with_suffix(suffix))
    if not image.has_data and image.size[0] == 0:
        return ""
    write_bmp(stem.with_suffix(".bmp"), image)
    return str(stem.with_suffix(".bmp"))


def save_tiles(image: bpy.types.Image, stem: Path) -> str:
    """Copies of a tiled image's files; their name with <UDIM>, '' when there are none."""
    pattern = str(stem.with_name(f"{stem.name}.{UDIM}.img"))  # the backend looks at the bytes, not at the suffix
    found = ""
    packed = {Path(entry.filepath).name: entry.packed_file.data for entry in image.packed_files}
    for tile in image.tiles:
        source = Path(bpy.path.abspath(image.filepath_raw, library=image.library).replace(UDIM, str(tile.number)))
        data = packed.get(source.name) or (source.read_bytes() if source.is_file() else b"")
        if data.startswith(tuple(start for start, _ in KNOWN_FORMATS)):
            Path(pattern.replace(UDIM, str(tile.number))).write_bytes(data)
            found = pattern
    return found


def original_bytes(image: bpy.types.Image) -> bytes:
    if image.packed_file is not None:
        return image.packed_file.data
    path = Path(bpy.path.abspath(image.filepath, library=image.library))
    return path.read_bytes() if path.is_file() else b""


def write_bmp(path: Path, image: bpy.types.Image) -> None:
    """24 bits, rows from the bottom as Blender keeps them; linear floats become sRGB."""
    width, height = image.size
    pixels = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(pixels)
    color = pixels.reshape(height, width, image.channels)[..., [0, 1, 2] if image.channels >= 3 else [0, 0, 0]]
    if image.is_float:
        color = np.where(color <= 0.0031308, color * 12.92, 1.055 * np.maximum(color, 0.0031308) ** (1 / 2.4) - 0.055)
    write_colors(path, color)


def write_colors(path: Path, color: np.ndarray) -> None:
    """A BMP of (H,W,3) RGB 0..1, rows from the bottom."""
    height, width = color.shape[:2]
    rows = np.zeros((height, -(-width * 3 // 4) * 4), np.uint8)
    rows[:, : width * 3] = np.rint(np.clip(color[..., ::-1], 0, 1) * 255).astype(np.uint8).reshape(height, -1)
    header = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 54 + rows.size, 0, 0, 54, 40, width, height, 1, 24, 0, rows.size,
                         2835, 2835, 0, 0)
    path.write_bytes(header + rows.tobytes())


def remove_unused(image: bpy.types.Image | None) -> None:
    """Remove an image that nothing uses any more, but for a fake user."""
    if image is not None and image.users == image.use_fake_user:
        bpy.data.images.remove(image)
