"""From the canvas back onto the artist's UV map: each texel takes what is painted at its place on the head."""

from dataclasses import dataclass

import cv2
import numpy as np

from ..compose.compose import MARGIN, share_of_head
from ..compose.texels import Texels
from ..head.atlas import to_atlas
from ..head.mesh import HeadMesh
from ..head.rasterize import rasterize, texel_corners
from ..imaging.sample import fill_smoothly, sample, sample_atlas
from .canvas import DEEP, FAR, SHELL, TURN, Canvas, to_canvas

#: Columns that a folded canvas goes on by at both ends, for filters.
PAD = 4


@dataclass(frozen=True)
class Transfer:
    """The texels of one tile of the head, and where each is on the canvas.

    filled: (S,S) bool. places: (n,2) float32 canvas places in sides of the atlas, of the n filled texels. painted:
    (n,) 0..1, 1 where the canvas shows the texel's own surface. share: (n,) 0..1, the share of the head's texture over
    the base. margin: (S,S) bool, texels beside the head that are filled from it.
    """

    filled: np.ndarray
    places: np.ndarray
    painted: np.ndarray
    share: np.ndarray
    margin: np.ndarray

    def apply(self, texture: np.ndarray, folded: np.ndarray, side: int, recolour: np.ndarray) -> np.ndarray:
        """(S,S,3) float32 sRGB: the texture (S,S,3) with what is painted on the folded canvas (H,W,3).

        Args:
            recolour: (4,3), the style's colours as a linear map of (r, g, b, 1), for what the canvas does not show.
        """
        wide = np.concatenate([folded[:, -PAD:], folded, folded[:, :PAD]], 1)
        own = texture[self.filled]
        styled = sample(wide, self.places * np.float32(side) + np.float32([PAD, 0]), cv2.INTER_LINEAR)
        plain = np.clip(own @ recolour[:3] + recolour[3], 0, 1)
        styled = plain + self.painted[:, None] * (styled - plain)
        result = texture.copy()
        result[self.filled] = np.clip(own + self.share[:, None] * (styled - own), 0, 1)
        return np.where(self.margin[..., None], fill_smoothly(result, self.filled), result)


def make_transfer(mesh: HeadMesh, canonical: np.ndarray, texels: Texels, canvas: Canvas, has_base: bool) -> Transfer:
    """The way from the canvas to one tile.

    Args:
        mesh: the part of the head in the tile, UVs in 0..1. canonical: (N,3) of its vertices. texels: find_texels() of
            it. has_base: other texels than the head's keep what they have.
    """
    place = texels.at(mesh, canonical)
    atlas = to_atlas(place).astype(np.float32)
    places = to_canvas(atlas).astype(np.float32)
    places[:, 0] = np.mod(places[:, 0], np.float32(TURN))
    # what lies behind the outermost surface (gums, lids' insides, skin behind the ears) is no part of its picture
    shell = sample_atlas(cv2.erode(canvas.shell, np.ones((3, 3), np.uint8)), atlas)
    behind = np.where(shell < FAR / 2, shell - np.linalg.norm(place, axis=1), 0)
    painted = np.clip((DEEP - behind) / (DEEP - SHELL), 0, 1) * np.clip((1.0 - atlas[:, 1]) / 0.015, 0, 1)
    share = np.ones(len(place), np.float32)
    filled = texels.filled
    size = len(filled)
    margin = ~filled
    if has_base and len(mesh.others):  # a body goes on below; a head by itself is painted down to its rim
        share = share_of_head(atlas, place[:, 1]).astype(np.float32)
        touched = np.zeros((size, size), np.uint8)
        touched[filled] = share > 0
        margin &= cv2.dilate(touched, np.ones((2 * MARGIN + 1,) * 2, np.uint8)) > 0
        others = rasterize(texel_corners(mesh.others, size), size, size).covered & ~texels.covered
        margin &= ~others
        of_others = others[filled]
        share[of_others] = 0
    return Transfer(filled, places, painted.astype(np.float32), share, margin)
