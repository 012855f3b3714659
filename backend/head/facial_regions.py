"""Soft masks of the parts of a face in the canonical atlas: what is swapped, painted and drawn on.

Outlines are loops of MediaPipe's landmarks (Apache-2.0, as in backend/portrait/landmark_groups.py) at their canonical
places, so every head and every texture has them at the same texels.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ..head.scalp import EAR, EAR_BACK, EAR_FRONT, EAR_TOP, SCALP_LEVEL, SCALP_SLOPE, SCALP_SOFTNESS
from ..imaging.sample import disc, spread
from ..portrait.landmark_groups import FACE_OVAL, LEFT_BROW, LEFT_EYE, LIPS, RIGHT_BROW, RIGHT_EYE
from .atlas import canonical_head, to_atlas

#: Landmarks from corner to corner where the lips meet.
MOUTH_LINE = (61, 78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 291)
#: The eyes with their lids, up to the crease and down to the bags.
RIGHT_LIDS = (226, 247, 30, 29, 27, 28, 56, 190, 243, 112, 26, 22, 23, 24, 110, 25)
LEFT_LIDS = (446, 467, 260, 259, 257, 258, 286, 414, 463, 341, 256, 252, 253, 254, 339, 255)
#: Upper lid, outer corner to inner: where lashes and eyeliner are.
RIGHT_LASHES, LEFT_LASHES = RIGHT_EYE[:9], LEFT_EYE[:9]
#: Landmarks around or along other parts, and the middle of the chin.
NOSTRILS = (64, 98, 97, 2, 326, 327, 294)
JAW = (93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323)
MOUSTACHE = (165, 97, 2, 326, 391, 322, 410, 287, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185, 61, 57, 186, 92)
CHIN = 199

#: Parts that an identity may take from another face, with the reach of their soft edge as a share of the atlas.
SWAPPED = {
    "eyes": 0.022,
    "brows": 0.016,
    "nose": 0.022,
    "mouth": 0.022,
    "chin": 0.04,
    "forehead": 0.03,
    "cheeks": 0.04,
    "ears": 0.014,
}


@dataclass(frozen=True)
class FacialRegions:
    """soft: name -> (S,S) float32 0..1. place: (468,2) texels (pixel centres at +0.5). canonical: (S,S,3).

    The painters also work on wider pictures than the atlas: shape is theirs, size stays the texels of the atlas's side.
    """

    soft: dict[str, np.ndarray]
    place: np.ndarray
    canonical: np.ndarray

    def __getitem__(self, name: str) -> np.ndarray:
        return self.soft[name]

    @property
    def size(self) -> int:
        return len(self.canonical)

    @property
    def shape(self) -> tuple[int, int]:
        return self.canonical.shape[:2]

    def outline(self, loop: tuple[int, ...]) -> np.ndarray:
        """(n,2) float32 texels of the landmarks of a loop."""
        return self.place[list(loop)].astype(np.float32)

    def lines(self, loops: list[tuple[int, ...]], texels: float) -> np.ndarray:
        """(S,S) float32 0..1 of anti-aliased lines through landmarks, at least one texel wide."""
        return draw_lines(self.shape, [self.outline(loop) for loop in loops], texels)

    def lashes(self, texels: float, lift: float = 0.0) -> np.ndarray:
        """(S,S) float32 0..1 of the upper lids' edges: parabolas, for the landmarks at the corners scatter.

        Args:
            lift: texels upwards; twice the lids' height makes the crease.
        """
        curves = []
        for loop in (RIGHT_LASHES, LEFT_LASHES):
            points = self.outline(loop)
            middle = points[:, 0].mean()
            line = np.polyfit(points[1:, 0] - middle, points[1:, 1], 2)
            x = np.linspace(points[:, 0].min(), points[:, 0].max(), 16)
            curves.append(np.stack([x, np.polyval(line, x - middle) - lift], 1))
        return draw_lines(self.shape, curves, texels)


def draw_lines(shape: tuple[int, int], curves: list[np.ndarray], texels: float) -> np.ndarray:
    """(H,W) float32 0..1 of polylines (n,2) in texels; thinner than a texel they are fainter."""
    mask = np.zeros(shape, np.uint8)
    for points in curves:
        fixed = np.rint((points - 0.5) * 16).astype(np.int32)
        cv2.polylines(mask, [fixed], False, 255, max(1, round(texels)), cv2.LINE_AA, shift=4)
    return mask.astype(np.float32) / 255 * min(1.0, texels)


def scalp(canonical: np.ndarray) -> np.ndarray:
    """(…,) float32 0..1 of (…,3) canonical points: scalp_share, but right down to the ears."""
    x, y, z = np.moveaxis(canonical, -1, 0)
    above = np.clip((y - SCALP_LEVEL - SCALP_SLOPE * z) / SCALP_SOFTNESS + 0.5, 0, 1)
    ear = (
        np.clip((np.abs(x) - EAR) / 0.03 + 0.5, 0, 1)
        * np.clip((EAR_TOP - y) / 0.03, 0, 1)
        * (z > EAR_BACK)
        * (z < EAR_FRONT)
    )
    return (above * (1 - ear)).astype(np.float32)


def landmark_places() -> np.ndarray:
    """(468,2) atlas coordinates; upper lids, found on the eyeballs behind them, take the depth of trusted ones."""
    head = canonical_head()
    points = head.points.copy()
    for loop in (LEFT_EYE, RIGHT_EYE):
        index = list(loop)
        held = sorted(points[i][[0, 2]].tolist() for i in index if head.trust[i] > 0.4)
        points[index, 2] = np.interp(points[index, 0], *np.transpose(held))
    return to_atlas(points)


def find_facial_regions(positions: np.ndarray) -> FacialRegions:
    """The regions of an atlas with canonical positions (S,S,3)."""
    size = len(positions)
    positions = spread(positions, np.linalg.norm(positions, axis=2) > 0.05)  # the crown's last rows have no surface
    place = landmark_places() * size

    def fill(*loops, reach: float, hull: bool = False, grow: float = 0.0) -> np.ndarray:
        mask = np.zeros((size, size), np.uint8)
        for loop in loops:
            points = place[list(loop)].astype(np.float32)
            points = cv2.convexHull(points)[:, 0] if hull else points
            cv2.fillPoly(mask, [np.rint((points - 0.5) * 16).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
        if grow:
            mask = cv2.dilate(mask, disc(grow * size))
        return cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), max(reach * size, 0.5))

    def spot(landmark: int, across: float, down: float) -> np.ndarray:
        y, x = np.mgrid[:size, :size] + 0.5
        u, v = (x - place[landmark, 0]) / (across * size), (y - place[landmark, 1]) / (down * size)
        return np.exp(-(u * u + v * v)).astype(np.float32)

    x, y, z = np.moveaxis(positions.astype(np.float32), -1, 0)
    nose = (168, 122, 174, 198, 49, *NOSTRILS, 279, 420, 399, 351)
    soft = {
        "eyes": fill(RIGHT_LIDS, LEFT_LIDS, reach=SWAPPED["eyes"], hull=True, grow=0.012),
        "lids": fill(RIGHT_LIDS, LEFT_LIDS, reach=0.008, hull=True),
        "openings": fill(RIGHT_EYE, LEFT_EYE, reach=0.004),
        "brows": fill(RIGHT_BROW, LEFT_BROW, reach=SWAPPED["brows"], hull=True, grow=0.012),
        "brow": fill(RIGHT_BROW, LEFT_BROW, reach=0.008, hull=True),
        "nose": fill(nose, reach=SWAPPED["nose"], grow=0.012),
        "mouth": fill(LIPS, reach=SWAPPED["mouth"], grow=0.025),
        "lips": fill(LIPS, reach=0.005),
        "chin": spot(CHIN, 0.11, 0.07),
        "cheeks": np.maximum(spot(50, 0.07, 0.07), spot(280, 0.07, 0.07)),
        "face": fill(FACE_OVAL, reach=0.02),
        "moustache": fill(MOUSTACHE, reach=0.008) * (1 - fill(LIPS, reach=0.004, grow=0.004)),
        "scalp": scalp(positions),
        "crow": np.maximum(spot(226, 0.035, 0.04), spot(446, 0.035, 0.04)),
    }
    brow_line = place[list(RIGHT_BROW + LEFT_BROW), 1].min()
    rows = np.arange(size)[:, None] + 0.5
    above = np.clip((brow_line - rows) / (0.02 * size), 0, 1).astype(np.float32)
    soft["forehead"] = fill(FACE_OVAL, reach=SWAPPED["forehead"], grow=0.02) * above * (1 - soft["scalp"])
    ear = (np.abs(x) > 0.39) & (z < 0.16) & (z > -0.2) & (y < EAR_TOP) & (y > -0.12)
    soft["ears"] = cv2.GaussianBlur(ear.astype(np.float32), (0, 0), SWAPPED["ears"] * size)
    beard = fill((127, 93, *JAW[1:-1], 323, 356, 425, 291, 270, 267, 0, 37, 40, 61, 205), reach=0.014)
    soft["beard"] = beard * (1 - fill(LIPS, reach=0.006, grow=0.006)) * np.clip(1 - 2.5 * soft["ears"], 0, 1)
    soft["goatee"] = spot(CHIN, 0.06, 0.05) * (1 - fill(LIPS, reach=0.006, grow=0.006))
    soft["neck"] = np.clip((-0.33 - y) / 0.10, 0, 1) * (1 - soft["face"])
    return FacialRegions({name: mask.astype(np.float32) for name, mask in soft.items()}, place, positions)
