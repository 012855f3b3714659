"""A tiled image as one picture, its tiles side by side and small, for the overlay in the viewport."""

from __future__ import annotations

import uuid
from pathlib import Path

import bpy
import numpy as np

from ..core import png
from ..core.chore import Parts
from .images import UDIM, keep_base
from .tile_grid import grid_of

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
        yield lambda number=number, block=block: read_tile(Path(kept.replace(UDIM, str(number))), block)
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
