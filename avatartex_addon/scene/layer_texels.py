"""A texture's texels as its layers give them: flattened, painted over, put into the image, encoded for the file."""

import uuid
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import bpy
import numpy as np

from ..backend.layers.flatten import flatten
from ..backend.outputs import UDIM
from ..backend.threads import CORES
from ..core import png
from .arrays import drop_numbers, keep_numbers, kept_numbers
from .images import pixels_of, reload_tiles, repack, tile_file, write_bmp
from .layer_store import Unpacked

#: Texels that are made bytes together.
BLOCK = 1 << 16


@dataclass
class Canvas:
    """What was flattened last. colours: by tile (0 where there are none) (N,4) float32 sRGB 0..1 and alpha, rows from
    the bottom; they are filled again at every move of a slider."""

    colours: dict[int, np.ndarray] = field(default_factory=dict)

    def flatten(self, image: bpy.types.Image, layers: Unpacked, opacities: dict[str, float]) -> None:
        """With what the artist painted on the image, where that is kept."""
        for tile, planes in layers.items():
            count = planes["skin"].shape[1]
            if tile not in self.colours or len(self.colours[tile]) != count:
                self.colours[tile] = np.ones((count, 4), np.float32)
            flatten(planes, opacities, self.colours[tile].T[:3])
        if 0 in layers:
            lay_paint(image, self.colours[0])

    def show(self, image: bpy.types.Image) -> None:
        """Put the texels into the image; those of tiles are packed, too.

        Raises:
            OSError: when the disk is full.
        """
        if image.source != "TILED":
            [colours] = self.colours.values()
            side = find_side(colours)
            if tuple(image.size) != (side, side):
                image.scale(side, side)
            image.pixels.foreach_set(colours.reshape(-1))
            return
        pattern = new_pattern()
        for tile, texels in self.quantise().items():
            write_bmp(tile_file(pattern, tile), square(texels))
        show_files(image, pattern)

    def quantise(self) -> dict[int, np.ndarray]:
        """(N,3) uint8 sRGB by tile, as Blender rounds."""
        return {tile: round_colours(colours) for tile, colours in self.colours.items()}

    def encode(self) -> "Encoded":
        """For the file. It takes seconds at 4K: on a thread."""
        texels = self.quantise()
        files = {tile: png.encode(square(one)[::-1]) for tile, one in texels.items()}
        return Encoded(files, checksum(texels.values()), name_files(files.values()))


@dataclass(frozen=True)
class Encoded:
    """PNG files by tile, the checksum of their texels, and their own."""

    files: dict[int, bytes]
    texels: str
    packed: str

    def pack(self, image: bpy.types.Image) -> None:
        """Let the image have them in the .blend file.

        Raises:
            OSError: when the disk is full.
        """
        if image.source != "TILED":
            [data] = self.files.values()
            repack(image, data)
            return
        pattern = new_pattern()
        for tile, data in self.files.items():
            tile_file(pattern, tile).write_bytes(data)
        show_files(image, pattern)


def new_pattern() -> Path:
    return Path(bpy.app.tempdir) / f"avatartex_{uuid.uuid4().hex[:8]}.{UDIM}.png"


def show_files(image: bpy.types.Image, pattern: Path) -> None:
    """Pack the tiles' files and remove them; the image keeps its own name of them."""
    name = image.filepath_raw
    try:
        reload_tiles(image, pattern)
    finally:
        for path in pattern.parent.glob(pattern.name.replace(UDIM, "*")):
            path.unlink()
        image.filepath_raw = name
        for entry in image.packed_files:
            entry.filepath = str(tile_file(name, entry.tile_number)) if name else ""


def read_texels(image: bpy.types.Image) -> np.ndarray:
    """(N,3) uint8 sRGB of an image without tiles, rows from the bottom."""
    return round_colours(pixels_of(image).reshape(-1, image.channels))


def round_colours(colours: np.ndarray) -> np.ndarray:
    """(N,3) uint8 of (N,3 or 4) float32, rounded as Blender does."""
    found = np.empty((len(colours), 3), np.uint8)

    def work(start: int) -> None:
        part = slice(start, start + BLOCK)
        found[part] = colours[part, :3] * np.float32(255) + np.float32(0.5)

    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(work, range(0, len(colours), BLOCK)))
    return found


def checksum(tiles) -> str:
    """Of texels, (N,3) uint8 each."""
    found = 0
    for texels in tiles:
        found = zlib.crc32(np.ascontiguousarray(texels).data, found)
    return f"{found:08x}"


def name_files(files) -> str:
    """Names the bytes of files, in any order."""
    length = found = 0
    for data in files:
        length, found = length + len(data), found ^ zlib.crc32(data)
    return f"{length}:{found:08x}"


def name_packed(image: bpy.types.Image) -> str:
    """Of the packed files, or of the one beside the .blend file."""
    if image.packed_files:
        return name_files(entry.packed_file.data for entry in image.packed_files)
    path = Path(bpy.path.abspath(image.filepath, library=image.library))
    return name_files([path.read_bytes()]) if path.is_file() else ""


def find_side(texels: np.ndarray) -> int:
    return round(len(texels) ** 0.5)


def square(texels: np.ndarray) -> np.ndarray:
    return texels.reshape(find_side(texels), -1, texels.shape[1])


#: Of an image: the painted texels' numbers, then their colours as red, green and blue in one number.
PAINT = "avatartex_layers_paint"


def keep_paint(image: bpy.types.Image, painted: np.ndarray, flattened: np.ndarray) -> None:
    """Add what differs to what was kept before.

    Args:
        painted, flattened: (N,3) uint8, the image's texels, and what layers and earlier paint make.
    """
    differs = np.abs(np.subtract(painted, flattened, dtype=np.int16)).max(1) > 2  # of 255: layers are rounded
    places = np.flatnonzero(differs)
    red, green, blue = painted[places].astype(np.int32).T
    before, colours = read_paint(image)
    stay = ~differs[before]
    found = np.concatenate([before[stay], places, colours[stay], red << 16 | green << 8 | blue])
    if found.size:
        keep_numbers(image, PAINT, found.astype(np.int32))


def read_paint(image: bpy.types.Image) -> tuple[np.ndarray, np.ndarray]:
    """(K,) numbers of texels and (K,) their colours, int32."""
    if PAINT not in image.keys():
        return np.empty(0, np.int32), np.empty(0, np.int32)
    return tuple(kept_numbers(image, PAINT).reshape(2, -1))


def lay_paint(image: bpy.types.Image, texels: np.ndarray) -> None:
    """Onto (N,4) float32 sRGB."""
    places, colours = read_paint(image)
    for channel, shift in enumerate((16, 8, 0)):
        texels[places, channel] = (colours >> shift & 255) * np.float32(1 / 255)


def drop_paint(image: bpy.types.Image) -> None:
    drop_numbers(image, PAINT)
