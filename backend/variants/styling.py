"""One style on one head: the composed textures go onto the canvas once, every style is painted there, and
each texel takes what is painted at its place on the head."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from ..compose.canvas import share_of_head
from ..compose.compose import MARGIN, Composition
from ..compose.texels import Texels, find_texels
from ..head.atlas import to_atlas
from ..head.mesh import HeadMesh
from ..head.rasterize import rasterize, texel_corners
from ..head.uvs import precedence
from ..imaging.sample import fill_smoothly, sample, sample_atlas
from ..job import Prepared
from ..styles import STYLES, paint
from ..styles.tools import saturated, smooth_colours
from .canvas import DEEP, FAR, SHELL, TURN, Canvas, fold, make_canvas, to_canvas


class Stylist:
    """What all variants of a head share: its canvas and the way back, worked out once.

    Args:
        size: texels of the artist's texture. bases: what is on the head now, by tile. strength: share of a style over
            the texture. scale: of its strokes, 1 is their own.
    """

    def __init__(
        self, job: Prepared, size: int, bases: Mapping[int, np.ndarray], strength: float = 1.0, scale: float = 1.0
    ) -> None:
        self.strength, self.scale = strength, scale
        self.canvas: Canvas = make_canvas(job.mesh, job.canonical, size, job.inside)
        # what the canvas cannot show is flesh: dyed hair must not colour it
        self.skin = (self.canvas.tile > 0) & (self.canvas.regions["scalp"] < 0.1)
        self.known = {"wears_hair": any(one.name == "hair" for one in job.coverings)}
        self.transfers: dict[int, Transfer] = {}
        for number, part in job.tiles.items():

            def order(part=part):
                return precedence(part, job.canonical, job.observation.better_side)

            texels = find_texels(part, size, order)
            self.transfers[number] = make_transfer(part, job.canonical, texels, self.canvas, number in bases)

    def show(self, tiles: Mapping[int, Composition]) -> np.ndarray:
        """(H,W,3) float32 sRGB: a composed head on the canvas."""
        return self.canvas.gather({number: self.shrunk(tiles[number].texture) for number in self.transfers})

    def shrunk(self, texture: np.ndarray) -> np.ndarray:
        """A texture whose texels are much finer than the canvas's without what would alias there."""
        if self.canvas.limited > 0.7:
            return texture
        side = round(len(texture) * self.canvas.limited)
        return cv2.resize(texture, (side, side), interpolation=cv2.INTER_AREA)

    def style(self, name: str, seed: int, tiles: Mapping[int, Composition], shown: np.ndarray) -> dict[int, np.ndarray]:
        """The styled textures (S,S,3) float32 sRGB by tile.

        Args:
            name: of styles.STYLES. seed: draws the style's parameters. shown: what show() made of the tiles.
        """
        textures = {number: tile.texture for number, tile in tiles.items()}
        if name == "photo":
            return textures
        painted = paint(name, shown, self.canvas.regions, draw_parameters(name, seed, self.scale) | self.known)
        if name == "anime":  # it draws lids and leaves eyes to the eyeballs: a texture that shows eyes keeps them
            eyes = self.canvas.regions["openings"][..., None]
            painted += eyes * (saturated(smooth_colours(shown, 2, 0.08, self.canvas.side), 1.3) - painted)
        recolour = fit_colours(shown, painted, self.skin)
        folded = fold(painted, self.canvas.side)
        del painted
        for number, transfer in self.transfers.items():
            styled = transfer.apply(textures[number], folded, self.canvas.side, recolour)
            textures[number] = textures[number] + np.float32(self.strength) * (styled - textures[number])
        return textures


def draw_parameters(name: str, seed: int, scale: float = 1.0) -> dict:
    """A style's parameters: the same seed draws the same, and other styles differently.

    Args:
        scale: of strokes, lines, dots and big texels.
    """
    parameters = STYLES[name].draw(np.random.default_rng([seed, list(STYLES).index(name)]))
    for known, power in STYLES[name].scaled.items():
        value = parameters[known] * scale**power
        parameters[known] = max(1, round(value)) if isinstance(parameters[known], int) else value
    if "across" in parameters:  # big texels meet behind the head: TURN holds a whole number of them
        parameters["across"] = 8 * round(parameters["across"] / 8)
    if "pitch" in parameters:  # so do dots and hatches: whole numbers of them across, along both of their axes
        turn = np.radians(parameters["degrees"])
        waves = np.rint(256 * TURN / parameters["pitch"] * np.array([np.cos(turn), np.sin(turn)]))
        parameters["degrees"] = float(np.degrees(np.arctan2(waves[1], waves[0])))
        parameters["pitch"] = float(256 * TURN / np.hypot(*waves))
    return parameters


def fit_colours(before: np.ndarray, after: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(4,3) linear map of (r, g, b, 1) that comes closest to what a style does to colours, by least squares."""
    index = np.flatnonzero(known)
    index = index[:: max(1, len(index) // 20_000)]  # so many are enough
    colours = np.concatenate([before.reshape(-1, 3)[index], np.ones((len(index), 1), np.float32)], 1)
    weak = 1e-3 * len(index) * np.eye(4, dtype=np.float64)
    square = colours.T.astype(np.float64) @ colours + weak
    return np.linalg.solve(square, colours.T @ after.reshape(-1, 3)[index] + weak[:, :3]).astype(np.float32)


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
