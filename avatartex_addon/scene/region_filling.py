"""Many texels of the mask at once, as a chore: a 4K picture takes a second to read."""

from __future__ import annotations

import uuid
from pathlib import Path

import bpy
import numpy as np

from ..backend.errors import AvatarTexError, ErrorCode
from ..backend.head.rasterize import rasterize, texel_corners
from ..core import png
from ..core.chore import Parts
from .arrays import read_each, read_loops, read_uvs
from .head import find_again
from .images import UDIM, keep_base, read_pixels
from .regions import BRUSH_COLORS, PAINTED, find_mask, find_result, mask_size, store
from .tile_grid import TileGrid, grid_of, read_grid

#: Texels that filled faces reach beyond their borders, so that no seam is left out.
FILL_MARGIN = 3


def fill_regions(head: bpy.types.Object, kind: str, source: str) -> Parts:
    """A chore that paints the mask.

    Args:
        kind: of COLORS. source: SELECTED faces, GENERATED texels, or ALL.

    Raises:
        AvatarTexError: BAD_REQUEST, there is nothing of that; NO_MESH, the head is gone meanwhile.
        OSError: when the disk is full.
    """
    entry = find_result(head)
    name, uv_map, size, grid = head.name, entry.uv_map, mask_size(head, entry), grid_of(entry.image)
    mask = find_mask(head, entry)
    before = mask.name if mask is not None else ""
    if source == "SELECTED":
        chosen = yield from selected_texels(head, uv_map, size, grid)
    elif source == "GENERATED":
        chosen = yield from generated_texels(entry, size, grid)
    else:
        chosen = np.ones(size[::-1], bool)
    pixels = (yield from read_pixels(before))[0] if before else None
    painted = yield lambda: paint(pixels, chosen, BRUSH_COLORS[kind])
    store(find_again(name), size, uv_map, grid, painted)


def keep_strokes(head: bpy.types.Object) -> Parts:
    """A chore that packs what was painted: `Image.pack` would stop the window for a fifth of a second.

    Raises:
        AvatarTexError: NO_MESH, the head is gone meanwhile.
    """
    regions, name = head.avatartex_regions, head.name
    mask, uv_map, grid = regions.mask, regions.uv_map, read_grid(regions.tiles)
    if mask is None or not mask.is_dirty:
        return
    pixels = (yield from read_pixels(mask.name))[0]
    if pixels is None:
        return
    painted = yield lambda: paint(pixels, np.zeros(pixels.shape[:2], bool), BRUSH_COLORS["ERASE"])
    store(find_again(name), pixels.shape[1::-1], uv_map, grid, painted)


def paint(pixels: np.ndarray | None, chosen: np.ndarray, color: tuple[float, float, float]) -> bytes:
    """A PNG of (H,W,channels) pixels with (H,W) texels painted, rows of both from the bottom; None is black."""
    shown = np.zeros((*chosen.shape, 3), np.uint8)
    if pixels is not None:
        shown[:] = np.rint(pixels[..., :3] * 255)
    shown[chosen] = np.multiply(color, 255)
    return png.encode(shown[::-1])


def selected_texels(head: bpy.types.Object, uv_map: str, size: tuple[int, int], grid: TileGrid) -> Parts:
    """A chore: (H,W) bool, rows from the bottom, where the faces selected in Edit Mode lie in the UV map.

    Raises:
        AvatarTexError: BAD_REQUEST, none is.
    """
    if head.mode == "EDIT":
        head.update_from_editmode()
    mesh = head.data
    selected = read_each(mesh.polygons, "select", bool)
    if not selected.any():
        raise AvatarTexError(ErrorCode.BAD_REQUEST, "No faces are selected.", "Select some in Edit Mode.")
    loops, polygons = read_loops(mesh)
    uvs = read_uvs(mesh, uv_map)
    return (yield lambda: covered(uvs[loops[selected[polygons]]], size, grid))


def covered(corner_uvs: np.ndarray, size: tuple[int, int], grid: TileGrid) -> np.ndarray:
    found, parts = np.zeros(size[::-1], bool), grid.divide(corner_uvs)
    for number, block in grid.blocks(found):
        side = len(block)
        block[:] = grown(rasterize(texel_corners(parts[number], side), side, side).covered, FILL_MARGIN)[::-1]
    return found


def grown(mask: np.ndarray, texels: int) -> np.ndarray:
    """(S,S) bool, reaching so many texels further to all sides."""
    for axis in (0, 1):
        padded = np.pad(mask, [(texels, texels) if side == axis else (0, 0) for side in (0, 1)])
        mask = np.any([np.take(padded, range(k, k + mask.shape[axis]), axis) for k in range(2 * texels + 1)], axis=0)
    return mask


def generated_texels(entry, size: tuple[int, int], grid: TileGrid) -> Parts:
    """A chore: (H,W) bool, rows from the bottom, texels that neither the photo nor its other side gave.

    Raises:
        AvatarTexError: BAD_REQUEST, the result has no provenance, or nothing of it is generated.
    """
    image = entry.provenance
    if image is None:
        raise AvatarTexError(ErrorCode.BAD_REQUEST, "This result has no provenance.", "Generate a texture anew.")
    name, stem = image.name, Path(bpy.app.tempdir) / f"avatartex_{uuid.uuid4().hex[:8]}"
    kept = yield from keep_base(image, stem)
    found = np.zeros(size[::-1], bool)
    for number, block in grid.blocks(found):
        generated = yield lambda number=number: read_generated(kept.replace(UDIM, str(number)))
        if generated is None and not number:  # not as the backend writes it
            pixels = (yield from read_pixels(name))[0]
            generated = pixels[..., 2] > PAINTED if pixels is not None else None
        if generated is not None:
            rows, columns = (
                ((np.arange(wanted) + 0.5) / wanted * there).astype(int)
                for wanted, there in zip(block.shape, generated.shape)
            )
            block[:] = generated[np.ix_(rows, columns)]
    if not found.any():
        raise AvatarTexError(
            ErrorCode.BAD_REQUEST, "Nothing of this texture is generated.", "Paint what is to be made anew."
        )
    return found


def read_generated(path: str) -> np.ndarray | None:
    """(H,W) bool, rows from the bottom, of a provenance file, which is removed; None where it cannot be read so."""
    if not path:
        return None
    try:
        return png.read_channel(Path(path).read_bytes(), 2)[::-1] > 255 * PAINTED
    except ValueError:
        return None
    finally:
        Path(path).unlink(missing_ok=True)
