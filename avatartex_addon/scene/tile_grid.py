"""UDIM tiles side by side in one picture, for what is painted on a head and drawn over it.

Blender hands scripts the pixels of an image's first tile only, so masks and overlays of tiled textures are plain ones.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from ..backend.head.tiles import COLUMNS, FIRST, tiles_of
from ..core import png
from ..core.chore import Parts
from .images import keep_base, tile_file


@dataclass(frozen=True)
class TileGrid:
    """numbers: of the UDIM tiles, ascending; none for a texture without tiles, whose picture is its UV map's square."""

    numbers: tuple[int, ...] = ()

    @property
    def places(self) -> list[tuple[int, int]]:
        """Column and row of each tile in UDIM's own count."""
        return [((number - FIRST) % COLUMNS, (number - FIRST) // COLUMNS) for number in self.numbers] or [(0, 0)]

    @property
    def corner(self) -> tuple[int, int]:
        columns, rows = zip(*self.places)
        return min(columns), min(rows)

    @property
    def shape(self) -> tuple[int, int]:
        """Tiles across and tiles upwards."""
        columns, rows = zip(*self.places)
        return max(columns) - min(columns) + 1, max(rows) - min(rows) + 1

    def place(self, uvs: np.ndarray) -> np.ndarray:
        """(...,2) UVs into the picture's 0..1."""
        return (uvs - np.float32(self.corner)) / np.float32(self.shape) if self.numbers else uvs

    def blocks(self, pixels: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Each tile's number (0 without tiles) and its part of a picture, (H,W,...) with rows from the bottom."""
        (left, bottom), (across, upwards) = self.corner, self.shape
        height, width = len(pixels) // upwards, pixels.shape[1] // across
        for number, (column, row) in zip(self.numbers or (0,), self.places):
            column, row = (column - left) * width, (row - bottom) * height
            yield number, pixels[row : row + height, column : column + width]

    def divide(self, corner_uvs: np.ndarray) -> dict[int, np.ndarray]:
        """(M,3,2) UVs of triangles by tile, moved into 0..1; all as they are without tiles, and none beside them."""
        if not self.numbers:
            return {0: corner_uvs}
        tiles = tiles_of(corner_uvs)
        return {
            number: corner_uvs[(tiles == place).all(1)] - np.float32(place)
            for number, place in zip(self.numbers, self.places)
        }


def grid_of(image: bpy.types.Image) -> TileGrid:
    return TileGrid(tuple(sorted(tile.number for tile in image.tiles)) if image.source == "TILED" else ())


def write_grid(grid: TileGrid) -> str:
    """As a property keeps it."""
    return ",".join(map(str, grid.numbers))


def read_grid(text: str) -> TileGrid:
    return TileGrid(tuple(int(number) for number in text.split(",") if number))


#: Texels of a tile along its side: what is drawn over a head need not be sharp.
SIDE = 512


def read_tiles(image: bpy.types.Image) -> Parts:
    """A chore: (H,W,4) float32, rows from the bottom; black where a tile is no PNG as the backend writes it."""
    grid = grid_of(image)
    across, upwards = grid.shape
    pixels = np.zeros((upwards * SIDE, across * SIDE, 4), np.float32)
    stem = Path(bpy.app.tempdir) / f"avatartex_{uuid.uuid4().hex[:8]}"
    kept = yield from keep_base(image, stem)
    for number, block in grid.blocks(pixels):
        yield lambda number=number, block=block: read_tile(tile_file(kept, number), block)
    return pixels


def read_tile(path: Path, block: np.ndarray) -> None:
    """Fill a block from a file, which is removed."""
    try:
        data = path.read_bytes()
        for channel in range(3):
            shown = png.read_channel(data, channel)[::-1]
            rows, columns = (((np.arange(SIDE) + 0.5) / SIDE * size).astype(int) for size in shown.shape)
            block[..., channel] = shown[np.ix_(rows, columns)] / np.float32(255)
    except (OSError, ValueError):
        return
    finally:
        path.unlink(missing_ok=True)
    block[..., 3] = 1
