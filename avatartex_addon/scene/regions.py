"""The mask that the artist paints in the head's UV map: red is made anew, green stays. It is packed into the file.

Blender's undo brings packed bytes back, not the pixels that an image holds; so what fills the mask makes a new image.
"""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

from ..backend.errors import AvatarTexError, ErrorCode
from ..backend.head.rasterize import rasterize, texel_corners
from ..core.chore import Parts
from .history import find_shown
from .images import read_pixels, remove_unused, write_colors

NAME = "AvatarTex Regions"
COLORS = {"REDO": (1.0, 0.0, 0.0), "KEEP": (0.0, 1.0, 0.0), "ERASE": (0.0, 0.0, 0.0)}
#: Texels of the mask; a finer texture takes it enlarged.
LARGEST = 2048
#: Texels that filled faces reach beyond their borders, so that no seam is left out.
MARGIN = 3
#: As much red or green counts as painted (backend/texture/regions.py).
PAINTED = 0.5


def find_result(head: bpy.types.Object | None):
    """The result that the head shows, which regions and provenance are about.

    Raises:
        AvatarTexError: BAD_REQUEST, there is none, or it has several tiles.
    """
    if head is None:
        raise AvatarTexError(ErrorCode.NO_MESH, "No head is selected.", "Select a mesh, or choose one as Head.")
    index = find_shown(head)
    if index < 0:
        raise AvatarTexError(
            ErrorCode.BAD_REQUEST, f"'{head.name}' shows no texture of ours.", "Generate one, or click one in Results.",
        )
    entry = head.avatartex_history[index]
    if entry.image.source == "TILED":
        raise AvatarTexError(
            ErrorCode.BAD_REQUEST, f"The texture of '{head.name}' has several UDIM tiles.",
            "Regions and provenance are for heads with one tile; the backend's command line takes several.",
        )
    return entry


def ensure_mask(head: bpy.types.Object, entry) -> bpy.types.Image:
    """The head's mask in the result's UV map; a new one where there is none."""
    if find_mask(head, entry) is None:
        size = mask_size(head, entry)
        store(head, np.zeros((size, size, 3), np.float32), entry.uv_map)
    return head.avatartex_regions.mask


def find_mask(head: bpy.types.Object, entry) -> bpy.types.Image | None:
    regions = head.avatartex_regions
    return regions.mask if regions.uv_map == entry.uv_map else None


def mask_size(head: bpy.types.Object, entry) -> int:
    """Of the mask that is there, or would be."""
    mask = find_mask(head, entry)
    return mask.size[0] if mask is not None else min(entry.image.size[0], LARGEST)


def store(head: bpy.types.Object, pixels: np.ndarray, uv_map: str) -> None:
    """Let a new image with these (S,S,3) pixels, rows from the bottom, be the head's mask."""
    regions, old = head.avatartex_regions, head.avatartex_regions.mask
    size = len(pixels)
    image = bpy.data.images.new(NAME, size, size, alpha=False, is_data=True)
    if pixels.any():  # a new one is black
        texels = np.ones((size, size, 4), np.float32)
        texels[..., :3] = pixels
        image.pixels.foreach_set(texels.ravel())
        image.update()
    image.pack()
    regions.mask, regions.uv_map = image, uv_map
    paint = bpy.context.scene.tool_settings.image_paint
    if old is not None and paint.canvas == old:
        paint.canvas = image
    remove_unused(old)
    image.name = NAME


def read(image: bpy.types.Image) -> np.ndarray:
    """(S,S,3) float32, rows from the bottom."""
    width, height = image.size
    pixels = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(height, width, image.channels)[..., :3]


def fill(head: bpy.types.Object, entry, kind: str, chosen: np.ndarray) -> None:
    """Paint (S,S) chosen texels, rows from the bottom, of the mask."""
    mask = find_mask(head, entry)
    pixels = read(mask) if mask is not None else np.zeros((*chosen.shape, 3), np.float32)
    pixels[chosen] = COLORS[kind]
    store(head, pixels, entry.uv_map)


def selected_texels(head: bpy.types.Object, uv_map: str, size: int) -> np.ndarray:
    """(size,size) bool, rows from the bottom: where the faces selected in Edit Mode lie in the UV map."""
    if head.mode == "EDIT":
        head.update_from_editmode()
    mesh = head.data
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    loops, polygons = np.empty((count, 3), np.int32), np.empty(count, np.int32)
    mesh.loop_triangles.foreach_get("loops", loops.ravel())
    mesh.loop_triangles.foreach_get("polygon_index", polygons)
    selected = np.empty(len(mesh.polygons), bool)
    mesh.polygons.foreach_get("select", selected)
    uvs = np.empty((len(mesh.loops), 2), np.float32)
    mesh.uv_layers[uv_map].uv.foreach_get("vector", uvs.ravel())
    covered = rasterize(texel_corners(uvs[loops[selected[polygons]]], size), size, size).covered
    return grown(covered, MARGIN)[::-1]


def grown(mask: np.ndarray, texels: int) -> np.ndarray:
    """(S,S) bool, reaching so many texels further to all sides."""
    for axis in (0, 1):
        padded = np.pad(mask, [(texels, texels) if side == axis else (0, 0) for side in (0, 1)])
        mask = np.any([np.take(padded, range(k, k + mask.shape[axis]), axis) for k in range(2 * texels + 1)], axis=0)
    return mask


def generated_texels(entry, size: int) -> np.ndarray:
    """(size,size) bool, rows from the bottom: texels that neither the photo nor its other side gave.

    Raises:
        AvatarTexError: BAD_REQUEST, the result has no provenance.
    """
    if entry.provenance is None:
        raise AvatarTexError(
            ErrorCode.BAD_REQUEST, "This result has no provenance.", "Generate a texture anew.",
        )
    generated = read(entry.provenance)[..., 2] > PAINTED
    steps = (np.arange(size) + 0.5) / size
    return generated[np.ix_((steps * len(generated)).astype(int), (steps * generated.shape[1]).astype(int))]


def keep_regions(head: bpy.types.Object, path: Path, uv_map: str, redo: bool) -> Parts:
    """A chore that writes the mask as a file for the backend; its path, '' where nothing is painted that counts.

    Args:
        redo: with what is red; else only what is kept.
    """
    regions = head.avatartex_regions
    if regions.mask is None or regions.uv_map != uv_map or not regions.mask.size[0]:
        return ""
    pixels, _ = yield from read_pixels(regions.mask.name)
    if pixels is None:
        return ""
    return (yield lambda: write_painted(path, pixels, redo))


def write_painted(path: Path, pixels: np.ndarray, redo: bool) -> str:
    """What of (S,S,channels) pixels counts; without bpy."""
    if not (pixels[..., 0 if redo else 1] > PAINTED).any():
        return ""
    pixels[..., 2] = 0
    if not redo:
        pixels[..., 0] = 0
    write_colors(path, pixels)
    return str(path)


@bpy.app.handlers.persistent
def pack_masks(*_arguments) -> None:
    """Before the file is saved: strokes that are only in memory would be lost."""
    for image in {thing.avatartex_regions.mask for thing in bpy.data.objects} - {None}:
        if image.is_dirty and image.library is None:
            image.pack()
