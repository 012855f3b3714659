"""The painter's canvas: the atlas with room for sides, back and crown; a stroke is about as long there as on the face.

The atlas gives half of its width to the face and squeezes the rest; a brush drawn in it would smear behind the ears.
The canvas widens that again and goes on past the back of the head, where what is painted is blended with the other
edge. Strokes neither know the artist's UV islands nor end at their borders.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ..compose.colouring import FLESH
from ..head.atlas import ACROSS, DOWN, LOOKED_UP, AtlasMap, map_atlas, to_atlas, unwrap
from ..head.facial_regions import FacialRegions, find_facial_regions
from ..head.mesh import HeadMesh
from ..head.rasterize import rasterize
from ..head.tiles import into_tile, tile_numbers
from ..head.uvs import uv_area
from ..imaging.sample import sample, spread

#: Where ACROSS and DOWN of the atlas come to lie, in sides of the atlas; the face keeps its size.
WIDE, HIGH = (0.0, 0.25, 0.45, 0.8125), (0.0, 0.31, 1.03, 1.25)
#: Once around the head, and how far the canvas goes on beyond it, in sides of the atlas.
TURN, OVERLAP = 2 * WIDE[-1], 0.125
#: Texels of the atlas's side: a face of 256 to one of 1024 texels.
SIDES = (512, 2048)
#: Face heights below the outermost surface at which a texel shows all that is painted there, and nothing; and further
#: from the centre than any head.
SHELL, DEEP, FAR = 0.02, 0.04, 9.0
#: Depth inside the head, in face heights, from where composition makes it clearly dark.
GLOOM = float(FLESH.min()) / 2


def to_canvas(atlas: np.ndarray) -> np.ndarray:
    """(…,2) canvas places, in sides of the atlas, of (…,2) atlas coordinates; x goes on over whole turns."""
    turns = np.floor(atlas[..., 0])
    beside = atlas[..., 0] - turns - 0.5
    x = TURN * (turns + 0.5) + np.copysign(np.interp(np.abs(beside), ACROSS, WIDE), beside)
    return np.stack([x, np.interp(atlas[..., 1], DOWN, HIGH)], -1)


def from_canvas(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Atlas coordinates u 0..1 and v of canvas places; both axes are separate."""
    beside = np.mod(x, TURN) - TURN / 2
    return 0.5 + np.copysign(np.interp(np.abs(beside), WIDE, ACROSS), beside), np.interp(y, HIGH, DOWN)


@dataclass(frozen=True)
class CanvasRegions(FacialRegions):
    """FacialRegions found in the atlas, read on the canvas when they are asked for."""

    side: int = 0

    @property
    def size(self) -> int:
        return self.side

    @property
    def shape(self) -> tuple[int, int]:
        return round(HIGH[-1] * self.side), round((TURN + OVERLAP) * self.side)

    def __getitem__(self, name: str) -> np.ndarray:
        mask = self.soft[name]
        rows, columns = self.shape
        u, v = from_canvas((np.arange(columns) + 0.5) / self.side, (np.arange(rows) + 0.5) / self.side)
        u, v = (np.float32(places * len(mask) - 0.5) for places in (u, v))
        lines = cv2.remap(mask, *np.meshgrid(u, np.arange(len(mask), dtype=np.float32)), cv2.INTER_LINEAR)
        across = np.arange(columns, dtype=np.float32)
        return cv2.remap(lines, *np.meshgrid(across, v), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


@dataclass(frozen=True)
class Canvas:
    """Which texel of the artist's texture each texel of the canvas shows.

    uv: (H,W,2) float32 in its tile, origin at the lower left. tile: (H,W) int32 UDIM numbers, 0 where nothing is.
    regions: parts of the face. shell: (LOOKED_UP,LOOKED_UP) float32, the outermost surface's distance from the head's
    centre in the atlas, canonical; FAR where nothing is. side: texels of the atlas's side.
    limited: texels of the canvas by one of the artist's, on the face.
    """

    uv: np.ndarray
    tile: np.ndarray
    regions: CanvasRegions
    shell: np.ndarray
    side: int
    limited: float

    def gather(self, textures: dict[int, np.ndarray]) -> np.ndarray:
        """(H,W,3) float32 sRGB: the textures (S,S,3) of the head's tiles, by number, on the canvas."""
        picture = np.zeros((*self.tile.shape, 3), np.float32)
        for number, texture in textures.items():
            here = self.tile == number
            if here.any():
                places = self.uv[here]
                places[:, 1] = 1 - places[:, 1]
                picture[here] = sample(texture, places * np.float32(len(texture)))
        return spread(picture, self.tile > 0)


def make_canvas(mesh: HeadMesh, canonical: np.ndarray, size: int, inside: np.ndarray) -> Canvas:
    """The canvas of a head, as fine as the artist's texels on its face.

    Args:
        canonical: (N,3) canonical coordinates of the vertices. size: texels of the artist's texture.
        inside: (N,) depth of enclosed vertices behind the head's shell (head/enclosed.py).
    """
    layout = map_atlas(mesh, canonical, LOOKED_UP)
    positions = layout.fragments.interpolate(mesh.corners(canonical.astype(np.float32)))
    found = find_facial_regions(positions)
    wanted = fitting_side(mesh, layout, size)
    side = int(np.clip(128 * round(wanted / 128), *SIDES))
    regions = CanvasRegions(found.soft, to_canvas(found.place / LOOKED_UP) * side, found.canonical, side)
    height, width = regions.shape
    corners = to_atlas(mesh.corners(canonical))
    corners[..., 0] = unwrap(corners[..., 0])
    # neither around the crown's pole, nor what is dark because it is hidden: painters would outline it
    whole = (np.ptp(corners[..., 0], axis=1) < 0.5) & (mesh.corners(inside).max(1) < GLOOM)
    corners = to_canvas(corners)
    # every turn that reaches into the canvas is drawn
    copies, owners = [], []
    for turn in (-1, 0, 1):
        moved = corners + np.array([turn * TURN, 0.0])
        inside = whole & (moved[..., 0].max(1) > 0) & (moved[..., 0].min(1) < TURN + OVERLAP)
        copies.append(moved[inside])
        owners.append(np.nonzero(inside)[0])
    owner = np.concatenate(owners)
    radius = np.linalg.norm(mesh.corners(canonical), axis=-1)[owner]
    fragments = rasterize(np.concatenate(copies) * side, width, height, depth=-radius)
    uv, numbers = fragments.interpolate(into_tile(mesh.corner_uvs)[owner]), tile_numbers(mesh.corner_uvs)[owner]
    tile = np.where(fragments.covered, numbers[fragments.triangle], 0).astype(np.int32)
    shell = np.where(layout.fragments.covered, np.linalg.norm(positions, axis=2), FAR).astype(np.float32)
    return Canvas(uv, tile, regions, shell, side, side / max(wanted, 1.0))


def fitting_side(mesh: HeadMesh, layout: AtlasMap, size: int) -> float:
    """Texels of the atlas's side at which the canvas's are as large as the artist's on the face."""
    centre = layout.corners.mean(1)
    face = (np.abs(centre[:, 0] - 0.5) < 0.2) & (np.abs(centre[:, 1] - 0.5) < 0.25)
    here, there = (uv_area(corners[face]) for corners in (to_canvas(layout.corners), mesh.corner_uvs))
    if here.sum() < 1e-9:
        return SIDES[0]
    return size * float(np.sqrt(there.sum() / here.sum()))


def fold(painted: np.ndarray, side: int) -> np.ndarray:
    """(H,TURN side,3) of a painted canvas (H,W,3): its two ends blended where they show the same."""
    around, beyond = round(TURN * side), round(OVERLAP * side)
    ramp = ((np.arange(beyond, dtype=np.float32) + 0.5) / beyond)[:, None]
    folded = painted[:, :around].copy()
    folded[:, :beyond] = painted[:, around:] * (1 - ramp) + painted[:, :beyond] * ramp
    return folded
