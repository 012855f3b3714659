"""UDIM's tiles: their numbers, and which of them a triangle lies in. Needs numpy alone: the add-on imports it."""

import numpy as np

#: UDIM's first tile; u goes to 10 columns.
FIRST, COLUMNS = 1001, 10


def tiles_of(corner_uvs: np.ndarray) -> np.ndarray:
    """(M,2) int32 whole part of each triangle's middle, column and row."""
    return np.floor(corner_uvs.mean(1) + 1e-7).astype(np.int32)


def tile_number(column: int, row: int) -> int:
    """UDIM's number; 0 for places that it cannot name."""
    return FIRST + COLUMNS * row + column if 0 <= column < COLUMNS and row >= 0 else 0


def tile_numbers(corner_uvs: np.ndarray) -> np.ndarray:
    """(M,) int32 UDIM's number of each triangle; the first for places that it cannot name."""
    return np.array([tile_number(*tile) or FIRST for tile in tiles_of(corner_uvs).tolist()], np.int32)


def into_tile(corner_uvs: np.ndarray) -> np.ndarray:
    """(M,3,2) float32 UVs moved into 0..1."""
    return (corner_uvs - tiles_of(corner_uvs)[:, None]).astype(np.float32)
