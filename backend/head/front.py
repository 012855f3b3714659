"""The textured head from the front, as a small picture: of a result, of a variant, of a sheet of them."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from ..imaging.sample import sample
from .mesh import HeadMesh, vertex_normals
from .tiles import into_tile, tile_numbers
from .view import LIGHT, HeadView, render_view

#: Pixels of a picture, which is rendered twice as large.
PIXELS = 256
#: What stands around the head in a view, as a share of the head.
AIR = 0.06


def draw_front(mesh: HeadMesh, rotation: np.ndarray, textures: Mapping[int, np.ndarray]) -> np.ndarray:
    """(PIXELS,PIXELS,3) float32 sRGB.

    Args:
        rotation: (3,3) of the head's front. textures: (S,S,3) float32 sRGB by UDIM tile.
    """
    normals = vertex_normals(mesh)
    view = render_view(mesh, rotation, 2 * PIXELS, extent=find_extent(mesh, rotation), normals=normals)
    return draw_head(mesh, normals, view, textures)


def find_extent(mesh: HeadMesh, rotation: np.ndarray) -> float:
    """Mesh units along a side of a view in which the head is whole."""
    return float(np.ptp(mesh.vertices @ rotation.T, axis=0).max()) * (1 + AIR)


def draw_head(mesh: HeadMesh, normals: np.ndarray, view: HeadView, textures: Mapping[int, np.ndarray]) -> np.ndarray:
    """(P,P,3) float32 sRGB: the textured head in a view of 2 P pixels, softly lit.

    Args:
        normals: (N,3) of the mesh's vertices. textures: (S,S,3) float32 sRGB by UDIM tile.
    """
    pixels = len(view.grey)
    uv = view.fragments.interpolate(into_tile(mesh.corner_uvs))
    shown = np.where(view.fragments.covered, tile_numbers(mesh.corner_uvs)[view.fragments.triangle], 0)
    light = (normals @ view.rotation.T) @ LIGHT
    light = view.fragments.interpolate(mesh.corners(np.clip(light, 0, 1)[:, None].astype(np.float32)))
    picture = np.full((pixels, pixels, 3), 0.55, np.float32)
    for number, texture in textures.items():
        here = shown == number
        places = np.stack([uv[here][:, 0], 1 - uv[here][:, 1]], 1) * np.float32(len(texture))
        # mostly ambient: the texture is looked at
        picture[here] = sample(texture, places) * (0.72 + 0.28 * light[here])
    return cv2.resize(picture, (pixels // 2, pixels // 2), interpolation=cv2.INTER_AREA)
