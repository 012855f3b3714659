"""Small pictures of portraits, and of a texture on its way, for the panel."""

import os
import struct
from pathlib import Path

import bpy.utils.previews
import numpy as np

from ..core.exif import read_orientation

_collection: bpy.utils.previews.ImagePreviewCollection | None = None
#: By orientation: whether a picture is transposed, then whether its rows and its columns run backwards. Blender's rows
#: begin at the bottom.
TURNS = {
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, True, True),
    6: (True, True, False),
    7: (True, False, False),
    8: (True, False, True),
}

#: Previews of the running job, by path: dropped when it is over.
_previews: set[str] = set()


def thumbnail(path: str) -> int:
    """The icon of a picture file, 0 when there is none. A changed file gets a new one."""
    try:
        key = f"{path}|{os.stat(path).st_mtime_ns}"
    except OSError:
        return 0
    if _collection is None:
        return 0
    if key not in _collection:
        made = _collection.load(key, path, "IMAGE")
        if turn := TURNS.get(read_orientation(Path(path))):  # Blender's thumbnails lie as the file's pixels do
            pixels = turned(made, *turn)
            del _collection[key]
            made = _collection.new(key)
            made.image_size = pixels.shape[1::-1]
            made.image_pixels.foreach_set(pixels.ravel())
    return _collection[key].icon_id


def turned(picture: bpy.types.ImagePreview, transposed: bool, rows: bool, columns: bool) -> np.ndarray:
    """(H,W) int32 of a preview, whole RGBA pixels, rows from the bottom."""
    width, height = picture.image_size
    pixels = np.empty(width * height, np.int32)
    picture.image_pixels.foreach_get(pixels)
    pixels = pixels.reshape(height, width)
    pixels = pixels.T if transposed else pixels
    return np.ascontiguousarray(pixels[:: -1 if rows else 1, :: -1 if columns else 1])


def preview(path: str) -> int:
    """The icon of a running job's picture, whose file never changes; 0 when there is none."""
    if _collection is None or not path:
        return 0
    if path not in _collection:
        try:
            pixels = read_bmp(Path(path).read_bytes())
        except (OSError, ValueError):
            return 0
        keep_icon(path, pixels)
        _previews.add(path)
    return _collection[path].icon_id


def keep_icon(key: str, pixels: np.ndarray) -> int:
    """The icon of a name, made of (H,W,4) uint8 RGBA, row 0 at the bottom, where it is not there yet."""
    if _collection is None:
        return 0
    if key not in _collection:
        # not by load(): it draws nothing for a moment and leaves a copy in the system's cache of thumbnails
        made = _collection.new(key)
        made.image_size = pixels.shape[1::-1]
        made.image_pixels.foreach_set(np.ascontiguousarray(pixels).view(np.int32).ravel())
    return _collection[key].icon_id


def read_bmp(data: bytes) -> np.ndarray:
    """(H,W,4) uint8 RGBA of an uncompressed 24-bit BMP, row 0 at the bottom as both Blender and the file have it.

    Raises:
        ValueError: it is something else, or not whole.
    """
    if data[:2] != b"BM" or len(data) < 54:
        raise ValueError("not a BMP")
    start, (width, height), depth = *struct.unpack_from("<10xI", data), struct.unpack_from("<18xii", data), data[28]
    stride = -(-width * 3 // 4) * 4
    if depth != 24 or height <= 0 or len(data) < start + stride * height:
        raise ValueError("another kind of BMP")
    rows = np.frombuffer(data, np.uint8, stride * height, start).reshape(height, stride)[:, : width * 3]
    pixels = np.full((height, width, 4), 255, np.uint8)
    pixels[..., :3] = rows.reshape(height, width, 3)[..., ::-1]
    return pixels


def forget_previews() -> None:
    for path in _previews:
        if _collection is not None and path in _collection:
            del _collection[path]
    _previews.clear()


def register() -> None:
    global _collection
    _collection = bpy.utils.previews.new()


def unregister() -> None:
    global _collection
    if _collection is not None:
        bpy.utils.previews.remove(_collection)
        _collection = None
