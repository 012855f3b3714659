"""A textured head's pictures as an engine wants them: as large as that, packed, as PNG files."""

from collections.abc import Mapping
from pathlib import Path

import bpy
import numpy as np

from ..backend.errors import ErrorCode
from ..backend.layers.shade import find_shade
from ..core import png
from ..core.chore import run_whole
from .images import keep_tiles, opened, pixels_of, tile_file, to_srgb

#: (H,W,3) or (H,W,1) uint8, row 0 on top, by UDIM number; 0 where the picture has no tiles.
Tiles = dict[int, np.ndarray]


def read_shown(image: bpy.types.Image, size: int, folder: Path) -> Tiles:
    """The texels of a picture as it is shown now, made smaller where a side has more than size; 0 leaves them.

    Args:
        folder: an own one, for copies of tiles.

    Raises:
        AvatarTexError: it has no texels.
    """
    if image.source != "TILED":
        found = {0: pixels_of(image)} if image.size[0] else {}
    else:
        found = {}
        folder.mkdir(parents=True, exist_ok=True)
        if kept := run_whole(keep_tiles(image, folder / bpy.path.clean_name(image.name))):
            for number in [tile.number for tile in image.tiles]:
                with opened(tile_file(kept, number)) as tile:
                    found[number] = pixels_of(tile)
    if not found:
        raise ErrorCode.BAD_REQUEST(f"The picture '{image.name}' has no texels.", "Find its file, or pack it.")
    linear = image.is_float and not image.colorspace_settings.is_data
    return {number: as_bytes(pixels, size, linear) for number, pixels in found.items()}


def as_bytes(pixels: np.ndarray, size: int, linear: bool) -> np.ndarray:
    """(H,W,3) uint8, row 0 on top, of (h,w,channels) float32 0..1, rows from the bottom; linear light becomes sRGB."""
    pixels = shrink(pixels[..., :3] if pixels.shape[2] >= 3 else np.repeat(pixels[..., :1], 3, 2), size)
    return np.rint(np.clip(to_srgb(pixels) if linear else pixels, 0, 1)[::-1] * 255).astype(np.uint8)


def shrink(pixels: np.ndarray, size: int) -> np.ndarray:
    """Means of whole blocks of (H,W,channels), so that no side has more than size texels; 0 leaves them."""
    step = -(-max(pixels.shape[:2]) // size) if size else 1
    if step == 1:
        return pixels
    height, width = (side // step * step for side in pixels.shape[:2])
    blocks = pixels[:height, :width].reshape(height // step, step, width // step, step, -1)
    return blocks.mean((1, 3))


def compose(target: str, colour: Tiles, maps: Mapping[str, Tiles]) -> dict[str, Tiles]:
    """A target's pictures by their name: "base", and of "orm", "roughness", "normal", "shade" what there are maps for.

    Args:
        maps: by name of map_options.MAPS.
    """
    out = {"base": colour}
    if "normal" in maps:
        out["normal"] = {number: upright(picture) for number, picture in maps["normal"].items()}
    if target == "vrm":
        out["shade"] = {number: find_shade(picture) for number, picture in colour.items()}
    elif target == "usd":
        out |= {name: maps[name] for name in ("roughness",) if name in maps}
    elif "roughness" in maps:
        out["orm"] = {number: pack_orm(number, maps) for number in maps["roughness"]}
    return out


def pack_orm(number: int, maps: Mapping[str, Tiles]) -> np.ndarray:
    """Occlusion, roughness and metallic in one picture: glTF 2.0, section 3.9.2."""
    rough = maps["roughness"][number][..., 0]
    ao = maps["ao"][number][..., 0] if "ao" in maps else np.full_like(rough, 255)
    return np.stack([ao, rough, np.zeros_like(rough)], 2)


def upright(normals: np.ndarray) -> np.ndarray:
    """Normals (H,W,3) of a byte of length 1 again: means of several are shorter."""
    turned = normals.astype(np.float32) / 127.5 - 1
    turned /= np.maximum(np.linalg.norm(turned, axis=2, keepdims=True), 1e-6)
    return np.rint((turned + 1) * 127.5).astype(np.uint8)


def write_pictures(pictures: Mapping[str, Tiles], folder: Path, stem: str) -> dict[str, dict[int, Path]]:
    """The files of pictures, in the folder: stem_base.png, of tiles stem_base_1001.png.

    Raises:
        OSError: the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, dict[int, Path]] = {}
    for name, tiles in pictures.items():
        for number, texels in tiles.items():
            path = folder / (f"{stem}_{name}_{number}.png" if number else f"{stem}_{name}.png")
            path.write_bytes(png.encode(np.ascontiguousarray(texels)))
            files.setdefault(name, {})[number] = path
    return files
