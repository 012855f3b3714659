"""The mask that the artist paints in the head's UV map: red is made anew, green stays. It is packed into the file.

Of a texture in UDIM tiles it shows them side by side (tile_grid.py).

Blender's undo brings packed bytes back, not the pixels that an image holds; so what fills the mask makes a new image.
"""

import uuid
from pathlib import Path

import bpy
import numpy as np

from ..backend.errors import ErrorCode
from ..backend.head.rasterize import rasterize, texel_corners
from ..backend.outputs import pattern
from ..core import png
from ..core.chore import Parts
from .arrays import plain_mesh, read_each, read_loops, read_uvs
from .head import find_again
from .history import find_shown_result
from .images import keep_base, read_pixels, read_size, remove_unused, tile_file, write_colors
from .tile_grid import TileGrid, grid_of, read_grid, write_grid

MASK_NAME = "AvatarTex Regions"
BRUSH_COLORS = {"REDO": (1.0, 0.0, 0.0), "KEEP": (0.0, 1.0, 0.0), "ERASE": (0.0, 0.0, 0.0)}
#: As much red or green counts as painted (backend/compose/regions.py).
PAINTED = 0.5


def find_result(head: bpy.types.Object | None):
    """The result that the head shows, which regions and provenance are about.

    Raises:
        AvatarTexError: BAD_REQUEST, there is none.
    """
    if head is None:
        raise ErrorCode.NO_MESH("No head is selected.", "Select a mesh, or choose one as Head.")
    entry = find_shown_result(head)
    if entry is None:
        raise ErrorCode.BAD_REQUEST(
            f"'{head.name}' shows no texture of ours.", "Generate one, or click one in Results."
        )
    return entry


def ensure_mask(head: bpy.types.Object, entry) -> bpy.types.Image:
    """The head's mask in the result's UV map; a new one where there is none."""
    mask = find_mask(head, entry)
    if mask is None:
        store(head, mask_size(head, entry), entry.uv_map, grid_of(entry.image))
    elif any(other.avatartex_regions.mask == mask for other in bpy.data.objects if other != head):
        head.avatartex_regions.mask = mask.copy()  # a duplicate's strokes are its own
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
    side = min(read_size(entry.image)[0], 2048, 4096 // max(shape))  # a finer texture takes it enlarged
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
    path = Path(pattern(str(path))) if grid.numbers else path
    for number, block in grid.blocks(pixels):
        write_colors(tile_file(path, number), block)
    return str(path)


@bpy.app.handlers.persistent
def pack_masks(*_arguments) -> None:
    """Before the file is saved: strokes that are only in memory would be lost."""
    for image in {thing.avatartex_regions.mask for thing in bpy.data.objects} - {None}:
        if image.is_dirty and image.library is None:
            image.pack()


HANDLERS = (("save_pre", pack_masks),)


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
    with plain_mesh(head) as mesh:
        selected = read_each(mesh.polygons, "select", bool)
        if not selected.any():
            raise ErrorCode.BAD_REQUEST("No faces are selected.", "Select some in Edit Mode.")
        loops, polygons = read_loops(mesh)
        uvs = read_uvs(mesh, uv_map)
    return (yield lambda: covered(uvs[loops[selected[polygons]]], size, grid))


def covered(corner_uvs: np.ndarray, size: tuple[int, int], grid: TileGrid) -> np.ndarray:
    found, parts = np.zeros(size[::-1], bool), grid.divide(corner_uvs)
    for number, block in grid.blocks(found):
        side = len(block)
        # so that no seam is left out
        block[:] = grown(rasterize(texel_corners(parts[number], side), side, side).covered, 3)[::-1]
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
        raise ErrorCode.BAD_REQUEST("This result has no provenance.", "Generate a texture anew.")
    name, stem = image.name, Path(bpy.app.tempdir) / f"avatartex_{uuid.uuid4().hex[:8]}"
    kept = yield from keep_base(image, stem)
    found = np.zeros(size[::-1], bool)
    for number, block in grid.blocks(found):
        generated = yield lambda number=number: read_generated(tile_file(kept, number) if kept else None)
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
        raise ErrorCode.BAD_REQUEST("Nothing of this texture is generated.", "Paint what is to be made anew.")
    return found


def read_generated(path: Path | None) -> np.ndarray | None:
    """(H,W) bool, rows from the bottom, of a provenance file, which is removed; None where it cannot be read so."""
    if path is None:
        return None
    try:
        return png.read_channel(path.read_bytes(), 2)[::-1] > 255 * PAINTED
    except ValueError:
        return None
    finally:
        path.unlink(missing_ok=True)
