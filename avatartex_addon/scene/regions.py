"""The mask that the artist paints in the head's UV map: red is made anew, green stays. It is packed into the file.

Of a texture in UDIM tiles it shows them side by side (tile_grid.py).

Blender's undo brings packed bytes back, not the pixels that an image holds; so what fills the mask makes a new image.
"""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

from ..backend.errors import AvatarTexError, ErrorCode
from ..core.chore import Parts
from .history import find_shown
from .images import UDIM, read_pixels, read_size, remove_unused, write_colors
from .tile_grid import TileGrid, grid_of, read_grid, write_grid

MASK_NAME = "AvatarTex Regions"
BRUSH_COLORS = {"REDO": (1.0, 0.0, 0.0), "KEEP": (0.0, 1.0, 0.0), "ERASE": (0.0, 0.0, 0.0)}
#: Texels of the mask along a tile, and along all of them; a finer texture takes it enlarged.
LARGEST_MASK, LARGEST_ROW = 2048, 4096
#: As much red or green counts as painted (backend/compose/regions.py).
PAINTED = 0.5


def find_result(head: bpy.types.Object | None):
    """The result that the head shows, which regions and provenance are about.

    Raises:
        AvatarTexError: BAD_REQUEST, there is none.
    """
    if head is None:
        raise AvatarTexError(ErrorCode.NO_MESH, "No head is selected.", "Select a mesh, or choose one as Head.")
    index = find_shown(head)
    if index < 0:
        raise AvatarTexError(
            ErrorCode.BAD_REQUEST, f"'{head.name}' shows no texture of ours.", "Generate one, or click one in Results."
        )
    return head.avatartex_history[index]


def ensure_mask(head: bpy.types.Object, entry) -> bpy.types.Image:
    """The head's mask in the result's UV map; a new one where there is none."""
    if find_mask(head, entry) is None:
        store(head, mask_size(head, entry), entry.uv_map, grid_of(entry.image))
    return head.avatartex_regions.mask


def find_mask(head: bpy.types.Object, entry) -> bpy.types.Image | None:
    regions = head.avatartex_regions
    of_this = (regions.uv_map, read_grid(regions.tiles)) == (entry.uv_map, grid_of(entry.image))
    return regions.mask if of_this else None


def mask_size(head: bpy.types.Object, entry) -> tuple[int, int]:
    """Width and height of the mask that is there, or would be."""
    if (mask := find_mask(head, entry)) is not None:
        return tuple(mask.size)
    shape = grid_of(entry.image).shape
    side = min(read_size(entry.image)[0], LARGEST_MASK, LARGEST_ROW // max(shape))
    return shape[0] * side, shape[1] * side


def store(head: bpy.types.Object, size: tuple[int, int], uv_map: str, grid: TileGrid, painted: bytes = b"") -> None:
    """Let a new image be the head's mask: black, or a PNG of that size."""
    regions, old = head.avatartex_regions, head.avatartex_regions.mask
    image = bpy.data.images.new(MASK_NAME, *size, alpha=False, is_data=True)
    if painted:  # Blender reads it when it is next drawn
        image.pack(data=painted, data_len=len(painted))
        image.source = "FILE"
    regions.mask, regions.uv_map, regions.tiles = image, uv_map, write_grid(grid)
    paint = bpy.context.scene.tool_settings.image_paint
    if old is not None and paint.canvas == old:
        paint.canvas = image
    remove_unused(old)
    image.name = MASK_NAME


def keep_regions(head: bpy.types.Object, path: Path, uv_map: str, redo: bool) -> Parts:
    """A chore that writes the mask for the backend, a file for each tile; their path, '' where nothing counts.

    Args:
        redo: with what is red; else only what is kept.
    """
    regions = head.avatartex_regions
    if regions.mask is None or regions.uv_map != uv_map or not regions.mask.size[0]:
        return ""
    grid = read_grid(regions.tiles)
    pixels, _ = yield from read_pixels(regions.mask.name)
    if pixels is None:
        return ""
    return (yield lambda: write_painted(path, pixels, redo, grid))


def write_painted(path: Path, pixels: np.ndarray, redo: bool, grid: TileGrid) -> str:
    """What of (H,W,channels) pixels counts; without bpy."""
    if not (pixels[..., 0 if redo else 1] > PAINTED).any():
        return ""
    pixels[..., 2] = 0
    if not redo:
        pixels[..., 0] = 0
    path = path.with_suffix(f".{UDIM}{path.suffix}") if grid.numbers else path
    for number, block in grid.blocks(pixels):
        write_colors(Path(str(path).replace(UDIM, str(number))), block)
    return str(path)


@bpy.app.handlers.persistent
def pack_masks(*_arguments) -> None:
    """Before the file is saved: strokes that are only in memory would be lost."""
    for image in {thing.avatartex_regions.mask for thing in bpy.data.objects} - {None}:
        if image.is_dirty and image.library is None:
            image.pack()


HANDLERS = (("save_pre", pack_masks),)
