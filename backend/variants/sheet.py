"""The contact sheet: the head in each variant from the front and from the side, one seed after the other."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from ..head.front import PIXELS, draw_head, find_extent
from ..head.mesh import vertex_normals
from ..head.view import HeadView, render_view
from ..job import Prepared

#: Pixels around a tile, and of the line above it.
GAP, TITLE = 4, 18


class Sheet:
    """Filled one variant after the other, in the order of seeds, then styles.

    Args:
        styles: of one seed.
    """

    def __init__(self, job: Prepared, styles: Sequence[str]) -> None:
        self.mesh, self.styles = job.mesh, len(styles)
        self.tiles: list[np.ndarray] = []
        self.columns = -(-len(styles) // -(-len(styles) // 5))  # five in a row; each seed begins one
        self.normals = vertex_normals(job.mesh)
        front = job.match.head.rotation
        angle = np.radians(65.0)  # the second view, to the head's left
        turn = np.array([[np.cos(angle), 0, -np.sin(angle)], [0, 1, 0], [np.sin(angle), 0, np.cos(angle)]])
        extent = find_extent(job.mesh, front)
        self.views = [
            render_view(self.mesh, view, 2 * PIXELS, extent=extent, normals=self.normals)
            for view in (front, turn @ front)
        ]

    def add(self, title: str, textures: Mapping[int, np.ndarray]) -> None:
        """The next variant: its title and its textures (S,S,3) float32 sRGB by tile."""
        looks = [self.draw_view(view, textures) for view in self.views]
        picture = np.rint(np.clip(np.hstack(looks), 0, 1) * 255).astype(np.uint8)
        self.tiles.append(titled(picture, title))

    def preview(self, textures: Mapping[int, np.ndarray]) -> np.ndarray:
        """(PIXELS,PIXELS,3) float32 sRGB: the head from the front."""
        return self.draw_view(self.views[0], textures)

    def draw_view(self, view: HeadView, textures: Mapping[int, np.ndarray]) -> np.ndarray:
        """(PIXELS,PIXELS,3) float32 sRGB."""
        return draw_head(self.mesh, self.normals, view, textures)

    def draw(self) -> np.ndarray:
        """(H,W,3) float32 sRGB: the whole sheet."""
        empty = np.full_like(self.tiles[0], 24)
        tiles = []
        for first in range(0, len(self.tiles), self.styles):
            seed = self.tiles[first : first + self.styles]
            tiles += seed + [empty] * (-len(seed) % self.columns)
        rows = [np.concatenate(tiles[first : first + self.columns], 1) for first in range(0, len(tiles), self.columns)]
        return np.concatenate(rows, 0).astype(np.float32) / 255


def titled(tile: np.ndarray, text: str) -> np.ndarray:
    """A tile (S,S,3) uint8 with a line of text above it."""
    framed = cv2.copyMakeBorder(tile, TITLE, GAP, GAP, GAP, cv2.BORDER_CONSTANT, value=(24, 24, 24))
    return cv2.putText(framed, text, (GAP + 2, TITLE - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (235,) * 3, 1, cv2.LINE_AA)
