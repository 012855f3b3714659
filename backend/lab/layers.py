"""The textured head and its shell as a camera sees them: the shell's nearest opaque faces over the skin."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ..compose.shell_picture import ShellPicture
from ..head.mesh import HeadMesh
from ..head.rasterize import rasterize
from ..head.tiles import into_tile, tile_numbers
from ..imaging.sample import sample

#: (N,3) places in mesh axes to (N,2) pixels and (N,) depth.
Lens = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
#: Alpha from which a face of the shell is drawn.
DRAWN = 0.02


def draw_head(
    lens: Lens, width: int, height: int, head: HeadMesh, textures: Mapping[int, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """(H,W,4) float32 sRGB with straight alpha of a surface, and (H,W) its depth, inf where nothing is.

    Args:
        textures: (S,S,3) or (S,S,4) sRGB by UDIM tile; of those with alpha the faces that are wholly clear are not
            there.
    """
    uvs, numbers = into_tile(head.corner_uvs), tile_numbers(head.corner_uvs)
    channels = max(texture.shape[2] for texture in textures.values())
    kept = np.ones(len(head.triangles), bool)
    if channels == 4:
        spots = np.concatenate([uvs, uvs.mean(1, keepdims=True)], 1)
        kept = looked_up(spots, numbers, textures, 4)[..., 3].max(1) > DRAWN
    pixels, depth = lens(head.vertices.astype(np.float64))
    triangles, uvs, numbers = head.triangles[kept], uvs[kept], numbers[kept]
    fragments = rasterize(pixels[triangles], width, height, depth=depth[triangles])
    covered, picture = fragments.covered, np.zeros((height, width, 4), np.float32)
    away = np.where(covered, fragments.interpolate(depth[triangles][..., None].astype(np.float32))[..., 0], np.inf)
    found = looked_up(fragments.interpolate(uvs)[covered], numbers[fragments.triangle[covered]], textures, channels)
    picture[covered, :channels] = found
    if channels == 3:
        picture[covered, 3] = 1
    return picture, away


def looked_up(uvs: np.ndarray, numbers: np.ndarray, textures: Mapping[int, np.ndarray], channels: int) -> np.ndarray:
    """(n,…,C) of the textures at (n,…,2) UVs in the tiles (n,)."""
    out = np.zeros((*uvs.shape[:-1], channels), np.float32)
    for number, texture in textures.items():
        here = numbers == number
        out[here] = sample(texture, np.stack([uvs[here][..., 0], 1 - uvs[here][..., 1]], -1) * np.float32(len(texture)))
    return out


def draw_layers(
    lens: Lens,
    width: int,
    height: int,
    head: HeadMesh,
    textures: Mapping[int, np.ndarray],
    shell: HeadMesh | None = None,
    pictures: Mapping[int, ShellPicture] | None = None,
) -> np.ndarray:
    """(H,W,4) float32 sRGB with straight alpha: the head, and over it the shell where that is nearer."""
    picture, depth = draw_head(lens, width, height, head, textures)
    if shell is None or not pictures:
        return picture
    over, near = draw_head(lens, width, height, shell, {number: one.picture for number, one in pictures.items()})
    alpha = over[..., 3:] * (near < depth)[..., None]
    total = alpha + picture[..., 3:] * (1 - alpha)
    colour = over[..., :3] * alpha + picture[..., :3] * picture[..., 3:] * (1 - alpha)
    return np.concatenate([colour / np.maximum(total, 1e-6), total], 2)
