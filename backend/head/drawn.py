"""Where a drawing has its eyes and its mouth, by what differs from its skin; no network.

The landmark network reads drawings as it would like faces to be, and is sure of it. What is drawn is ink on an even
skin: within the face each part of it belongs to the nearest feature, and its middle is where that feature is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..imaging.sample import disc
from ..portrait.landmark_groups import FACE_OVAL, LEFT_BROW, LEFT_EYE, LIPS, RIGHT_BROW, RIGHT_EYE, fill_region
from .landmarks import face_height

#: Pixels of a face's height in which parts are looked for.
TALL = 128
#: CIELAB units from every fill of the skin that ink is away; share of the face that a fill of the skin has.
INK, FILL = 14.0, 0.12
#: Face heights: how far the face's rim is left out (outlines, hair), and how far from a feature its ink may lie.
RIM, REACH = 0.05, 0.16
#: Face heights around a part in which the skin's low frequencies have its colour (twice the deviation of low_pass() in
#: observation/observe.py): what lies there would have a light rim.
BLURRED = 2 * 1.3 / 60
PARTS = {"right eye": RIGHT_EYE, "left eye": LEFT_EYE, "mouth": LIPS}
#: Features that own ink and are not judged (brows, nose): drawings leave them out or draw them anywhere.
OTHERS = (RIGHT_BROW, LEFT_BROW, (1, 4, 5, 195, 98, 327, 2, 97, 326))


@dataclass(frozen=True)
class Ink:
    """The ink of a drawn face in a picture TALL pixels to its height.

    moved: (2,3) the picture's pixels of the drawing's. places: (468,2) features in it. spots: (k,2) its inked pixels.
    away: (k,n) how far they are from each feature of PARTS, then of OTHERS.
    """

    moved: np.ndarray
    places: np.ndarray
    shape: tuple[int, int]
    spots: np.ndarray
    away: np.ndarray

    @classmethod
    def of(cls, picture: np.ndarray, points: np.ndarray) -> Ink:
        tall = face_height(points)
        scale = TALL / max(tall, 1.0)
        low = points.min(0) - 0.2 * tall
        size = np.ceil((points.max(0) + 0.2 * tall - low) * scale).astype(int)
        moved = np.array([[scale, 0, -low[0] * scale], [0, scale, -low[1] * scale]])
        smooth = cv2.GaussianBlur(picture, (0, 0), 0.5 / scale) if scale < 1 else picture
        small = cv2.warpAffine(smooth, moved, tuple(size.tolist()), borderMode=cv2.BORDER_REPLICATE)
        places = (points - low) * scale
        rows, columns = np.nonzero(find_lines(small, places))
        regions = [*PARTS.values(), *OTHERS]
        away = [distance_to(small.shape[:2], places[list(loop)])[rows, columns] for loop in regions]
        return cls(moved, places, small.shape[:2], np.stack([columns, rows], 1), np.stack(away, 1))

    def of_part(self, number: int) -> np.ndarray:
        """(k,2) inked pixels of the part of this number in PARTS."""
        return self.spots[(self.away.argmin(1) == number) & (self.away[:, number] < REACH * TALL)]

    def hull(self, number: int) -> np.ndarray:
        loop = list(PARTS.values())[number]
        return cv2.convexHull(self.places[list(loop)].astype(np.float32))

    def of_strokes(self, number: int) -> np.ndarray:
        """(k,) bool: ink of the part's strokes. A spot is of the nearest feature of those that its stroke is on."""
        ink = np.zeros(self.shape, np.uint8)
        columns, rows = self.spots.T
        ink[rows, columns] = 1
        stroke = cv2.connectedComponents(ink)[1][rows, columns]
        on = np.stack([np.bincount(stroke, one == 0) > 0 for one in self.away.T], 1)[stroke]
        return on.any(1) & (np.where(on, self.away, np.inf).argmin(1) == number)

    def enclosed(self, number: int, shape: tuple[int, int]) -> np.ndarray:
        """(H,W) float32 0..1 of the drawing: the convex hulls of a part's ink and what is blurred with it."""
        own = self.of_strokes(number)
        drawn, others, whole = (np.zeros(self.shape, np.uint8) for _ in range(3))
        for picture, some in ((drawn, own), (others, ~own)):
            columns, rows = self.spots[some].T
            picture[rows, columns] = 1
        count, pieces = cv2.connectedComponents(drawn)
        for piece in range(1, count):
            spots = np.argwhere(pieces == piece)[:, ::-1].astype(np.int32)
            cv2.fillConvexPoly(whole, cv2.convexHull(spots), 1)
        blurred = np.where(others > 0, 0, cv2.dilate(whole, disc(BLURRED * TALL)))
        whole = np.maximum(whole, blurred).astype(np.float32)
        return cv2.warpAffine(whole, self.moved, shape[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def find_parts(picture: np.ndarray, points: np.ndarray) -> dict[str, np.ndarray]:
    """How far each drawn part lies from where it is thought: name -> (2,) shift, in face heights.

    Args:
        picture: (H,W,3) float32 sRGB drawing. points: (468,2) pixels where the features are thought to be.
    """
    ink, found = Ink.of(picture, points), {}
    for number, name in enumerate(PARTS):
        own, hull = ink.of_part(number) + 0.5, ink.hull(number)
        if len(own) > 0.15 * max(cv2.contourArea(hull), 1.0):  # less ink than that is no drawn part
            x, y, width, height = cv2.boundingRect(hull)
            found[name] = (own.mean(0) - (x + width / 2, y + height / 2)) / TALL
    return found


def find_eyes(picture: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(H,W) float32 0..1 of the drawn right and left eye, each with all that its ink encloses; as find_parts()."""
    ink = Ink.of(picture, points)
    return ink.enclosed(0, picture.shape[:2]), ink.enclosed(1, picture.shape[:2])


def find_lines(picture: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(H,W) bool: within the face and unlike every fill of its skin."""
    face = fill_region(picture.shape[:2], points, FACE_OVAL) > 0.5
    face = cv2.erode(face.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=round(RIM * TALL)) > 0
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)
    bins = np.round(lab / 6).astype(int)
    kinds, counts = np.unique(bins[face], axis=0, return_counts=True)
    fills = kinds[counts > FILL * max(int(face.sum()), 1)] * 6.0
    if not len(fills):
        return np.zeros_like(face)
    away = np.min([np.linalg.norm(lab - fill, axis=-1) for fill in fills], 0)
    return face & (away > INK)


def distance_to(shape: tuple[int, int], loop: np.ndarray) -> np.ndarray:
    """(H,W) pixels to a region, 0 within its convex hull."""
    filled = np.full(shape, 255, np.uint8)
    cv2.fillConvexPoly(filled, np.rint(cv2.convexHull(loop.astype(np.float32))).astype(np.int32), 0)
    return cv2.distanceTransform(filled, cv2.DIST_L2, 5)
