"""Pictures between Blender and the backend's files."""

import errno
import os
import shutil
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import bpy
import numpy as np

from ..backend.outputs import UDIM, pattern
from ..core.chore import Parts
from ..core.png import SIGNATURE
from . import versions

#: Rows that are turned into bytes at a time: a strip stays in the processor's cache.
STRIP = 128
#: Files of packed images that we made, by the image's number in this session: they need not be unpacked to be read.
_files: dict[int, Path] = {}
#: Formats that the backend reads as they are, by the first bytes of the file.
KNOWN_FORMATS = ((b"\x89PNG", ".png"), (b"\xff\xd8\xff", ".jpg"), (b"BM", ".bmp"), (b"RIFF", ".webp"))
#: Of maps, in which it may also read heights.
MAP_FORMATS = (*KNOWN_FORMATS, (b"\x76\x2f\x31\x01", ".exr"))
#: What the first bytes of a file are, and the suffix that it then gets.
Formats: TypeAlias = Sequence[tuple[bytes, str]]


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
    try:
        return take_result(image, path, name, tiles, packed)
    except RuntimeError:
        bpy.data.images.remove(image)
        raise


def take_result(image: bpy.types.Image, path: Path, name: str, tiles: Sequence[int], packed: bool) -> bpy.types.Image:
    """What load_result does with the image that has the file, or that of its first tile."""
    image.name = name
    versions.set_space(image, versions.LINEAR if path.suffix == ".exr" else versions.SRGB)
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
    _files[image.session_uid] = path
    if tiles:
        return image  # where its tiles are unpacked to, Blender asks
    # The job's folder goes away with this Blender: 'Unpack' is to suggest a place beside the .blend file.
    image.filepath_raw = f"//textures/{bpy.path.clean_name(image.name)}{path.suffix}"
    return image


def tile_file(path: Path | str, tile: int) -> Path:
    """The file of a tile, whose number <UDIM> stands for in the name."""
    return Path(str(path).replace(UDIM, str(tile)))


def keep_base(image: bpy.types.Image, stem: Path, formats: Formats = KNOWN_FORMATS) -> Parts:
    """A chore that writes a file with the existing texture for the backend; its path, '' without pixels to keep.

    A file that is on disk or packed is copied byte by byte. Only painted, generated and exotic ones (TGA, PSD, EXR)
    are written anew, as BMP: without compression a 4K picture takes a tenth of PNG's time.
    """
    if image.source not in {"FILE", "GENERATED", "TILED"}:
        return ""  # a sequence or a movie
    name = image.name
    if image.source == "TILED":
        return (yield from keep_tiles(image, stem, formats))
    if not (image.is_dirty or image.source == "GENERATED"):
        source = original(image, stem)
        if kept := (yield lambda: keep_original(source, stem, formats)):
            return kept
    pixels, image = yield from read_pixels(name)
    if image is None:
        return ""
    is_float, path = image.is_float, stem.with_suffix(".bmp")
    yield lambda: write_colors(path, pixels, is_float)
    return str(path)


def original(image: bpy.types.Image, stem: Path) -> Path:
    """The file that an unchanged image was read from, which may be gone; a packed one's is written beside the stem.

    Raises:
        OSError: when the disk is full.
    """
    if image.packed_file is None:
        return Path(bpy.path.abspath(image.filepath, library=image.library))
    ours = _files.get(image.session_uid)
    if ours is not None and ours.is_file() and ours.stat().st_size == image.packed_file.size:
        return ours
    return unpack(image, unpacked(stem))


def read_size(image: bpy.types.Image) -> tuple[int, int]:
    """Width and height; of a PNG without its pixels being read, which takes a 4K one's 0.2 s."""
    if image.has_data or image.source != "FILE":
        return tuple(image.size)
    stem = Path(bpy.app.tempdir) / "avatartex_size"
    try:
        with original(image, stem).open("rb") as file:
            start = file.read(24)
    except OSError:
        return tuple(image.size)
    finally:
        unpacked(stem).unlink(missing_ok=True)
    return struct.unpack(">16xII", start) if start.startswith(SIGNATURE) and len(start) == 24 else tuple(image.size)


def unpacked(stem: Path) -> Path:
    return stem.with_name(f"{stem.name}.packed")


def unpack(image: bpy.types.Image, path: Path) -> Path:
    """Write a packed image's bytes into a file, which is the path; the image stays as it is.

    Blender writes them from where they lie, in a quarter of the time that `packed_file.data` takes to copy them twice.

    Raises:
        OSError: when the disk is full.
    """
    path.unlink(missing_ok=True)  # Blender would keep it under another name
    copy = image.copy()
    try:
        copy.packed_files[0].filepath = copy.filepath_raw = str(path)
        copy.unpack(method="WRITE_ORIGINAL")
    except RuntimeError as reason:
        raise OSError(errno.EIO, f"Blender could not write '{path.name}'") from reason
    finally:
        bpy.data.images.remove(copy)
    return path


def keep_original(source: bytes | Path, stem: Path, formats: Formats = KNOWN_FORMATS) -> str:
    """A copy under the stem, in its own format; '' where the backend does not know that. Without bpy."""
    if isinstance(source, Path):
        if not source.is_file():
            return ""
        with source.open("rb") as file:
            start = file.read(8)
    else:
        start = source[:8]
    suffix = next((suffix for known, suffix in formats if start.startswith(known)), "")
    if not suffix:
        return ""
    target = stem.with_suffix(suffix)
    if isinstance(source, bytes):
        target.write_bytes(source)
    elif source == unpacked(stem):
        source.replace(target)
    else:
        shutil.copyfile(source, target)
    return str(target)


@contextmanager
def opened(path: Path) -> Iterator[bpy.types.Image]:
    """A picture file as an image, for a moment."""
    image = bpy.data.images.load(str(path), check_existing=False)
    try:
        yield image
    finally:
        bpy.data.images.remove(image)


def pixels_of(image: bpy.types.Image) -> np.ndarray:
    """(H,W,channels) float32, rows from the bottom."""
    width, height = image.size
    pixels = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(height, width, image.channels)


def read_pixels(name: str) -> Parts:
    """A chore that reads an image: (H,W,channels) float32, rows from the bottom, and the image; None where it is gone.

    Most of the time goes into memory that is touched for the first time, so that happens on the thread.
    """
    image = bpy.data.images.get(name)
    if image is None or (not image.has_data and image.size[0] == 0):
        return None, None
    shape = (image.size[1], image.size[0], image.channels)
    pixels = yield lambda: np.full(int(np.prod(shape)), 0.5, np.float32)
    image = bpy.data.images.get(name)
    if image is None or (image.size[1], image.size[0], image.channels) != shape:
        return None, None
    image.pixels.foreach_get(pixels)
    return pixels.reshape(shape), image


def keep_tiles(image: bpy.types.Image, stem: Path, formats: Formats = KNOWN_FORMATS) -> Parts:
    """A chore that copies a tiled image's files; their name with <UDIM>, '' when there are none."""
    kept_as = str(stem.with_name(f"{stem.name}.{UDIM}.img"))  # the backend looks at the bytes, not at the suffix
    name, found = image.name, ""
    for number in [tile.number for tile in image.tiles]:
        image = bpy.data.images.get(name)
        if image is None:
            return ""
        source = tile_file(bpy.path.abspath(image.filepath_raw, library=image.library), number)
        packed = (entry for entry in image.packed_files if Path(entry.filepath).name == source.name)
        source = next((entry.packed_file.data for entry in packed), source)
        if kept := (yield lambda source=source: keep_original(source, stem, formats)):
            Path(kept).replace(tile_file(kept_as, number))
            found = kept_as
    return found


def to_srgb(linear: np.ndarray) -> np.ndarray:
    """Linear light to sRGB (IEC 61966-2-1)."""
    linear = np.maximum(linear, 0)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def write_colors(path: Path, pixels: np.ndarray, is_linear: bool = False) -> None:
    """A BMP of 24 bits of (H,W,channels) 0..1, rows from the bottom; linear light becomes sRGB. Without bpy."""
    height, width, channels = pixels.shape
    found = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, STRIP):
        color = pixels[top : top + STRIP, :, :3] if channels >= 3 else pixels[top : top + STRIP, :, :1]
        if is_linear:
            color = to_srgb(color)
        found[top : top + STRIP] = np.rint(np.clip(color, 0, 1) * 255)
    write_bmp(path, found)


def write_bmp(path: Path, pixels: np.ndarray) -> None:
    """A BMP of (H,W,3) uint8 RGB, rows from the bottom. Without bpy."""
    height, width, _ = pixels.shape
    rows = np.zeros((height, -(-width * 3 // 4) * 4), np.uint8)
    rows[:, : width * 3] = pixels[..., ::-1].reshape(height, -1)
    size = 54 + rows.size, 0, 0, 54, 40, width, height, 1, 24, 0, rows.size, 2835, 2835, 0, 0
    with path.open("wb") as file:
        file.write(struct.pack("<2sIHHIIiiHHIIiiII", b"BM", *size))
        file.write(rows.data)


def repack(image: bpy.types.Image, data: bytes) -> None:
    """Let a packed image without tiles have other bytes; the texels in memory stay as they are."""
    image.pack(data=data, data_len=len(data))
    _files.pop(image.session_uid, None)


def reload_tiles(image: bpy.types.Image, files: Path) -> None:
    """Pack the files of all tiles, <UDIM> in the name, and show them; Blender sets texels of the first one alone.

    Raises:
        RuntimeError: when Blender cannot read them.
    """
    image.filepath_raw = str(files)
    for entry in image.packed_files:
        entry.filepath = str(tile_file(files, entry.tile_number))
    image.reload()  # which packs again what is packed
    if not image.packed_files:
        image.pack()


def save_png(image: bpy.types.Image, path: Path) -> list[Path]:
    """Write a packed texture to PNG files, byte by byte; what was painted on a single one since is packed first.

    Args:
        path: for several tiles <UDIM> in its name stands for their numbers; it comes before the suffix where missing.

    Returns:
        the files.

    Raises:
        FileExistsError: a tile's file is there already; of a single file the file browser asks. OSError: disk full.
        LookupError: tiles were painted on; packing them loses those that Blender has not read yet.
    """
    path = path.with_suffix(".png")
    if image.is_dirty and image.source == "TILED":
        raise LookupError("Its tiles were painted on. Save them in the Image Editor: Image > Save All Images.")
    if image.source != "TILED":
        if image.is_dirty:
            image.pack()
        path.write_bytes(image.packed_file.data)
        return [path]
    numbers = [tile.number for tile in image.tiles]
    files = {number: tile_file(pattern(str(path)), number) for number in numbers}
    for target in files.values():
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    for entry in image.packed_files:
        number = next(number for number in numbers if f".{number}." in Path(entry.filepath).name)
        files[number].write_bytes(entry.packed_file.data)
    return list(files.values())


def remove_unused(image: bpy.types.Image | None) -> None:
    """Remove an image that nothing uses any more, but for a fake user."""
    if image is not None and image.users == image.use_fake_user:
        bpy.data.images.remove(image)


def set_preview(thing: bpy.types.ID, path: Path) -> bool:
    """A picture's file as the preview of an image or a material; whether there is one."""
    if not path.is_file():
        return False
    with opened(path) as picture:
        preview = thing.preview_ensure()
        preview.image_size = picture.size
        preview.image_pixels_float.foreach_set(pixels_of(picture).ravel())
    return True
