"""Heads whose hair is known for sure: dark hair on light skin or the reverse, or none at all; else what is unknown.

Two colours that far apart are told by lightness alone, a fringe over the brows and the finest edge, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ...portrait.landmark_groups import (
    FACE_OVAL,
    FOREHEAD,
    LEFT_CHEEK,
    NOSE_BRIDGE,
    RIGHT_CHEEK,
    fill_region,
    mirror_table,
)
from ...portrait.landmarks import box_of

#: Lightness (L of CIELAB) by which hair and skin differ at least where lightness tells them, and how much hair strays.
APART, STRAYS = 38.0, 14.0
#: Least share of the person above the forehead that is then hair, or part of it is of another colour.
COVERED = 0.6
#: Shares of the way from skin to hair up to which it is skin and from which it is hair; between them nobody knows.
SKIN, HAIR = 0.3, 0.6
#: Of the face's size above the forehead's landmark: from where women's and full heads are covered with hair.
GROWS = 0.1
#: Shares of it from which what the parse calls hair of fair or grey heads is some, and from which they are full.
THICK, FULL = 0.35, 0.45
#: Heads without hair above the forehead, found by eye among those whose parse says so, and half the width, of the
#: face's size, in which their crown is bare.
BALD = """
    03ce65e763 056ba2a33f 0f00943113 153c4a6d12 182f4eb701 2060f004ea 24ec7b81e4 27c42f9f5a 2ee680ba6f
    3148fd9b9d 383ed8d0e2 3a752e8c0c 3d20282b7f 656be1fb6a 773ca833ed 78fc8160c6 8b7280002d 8bd641b689
    9c8d3c6490 a2471ead1a a65332cf2e a9ad4e84b6 abc2052ec3 b1dbf97ab7 bcf957e09b bff4d10970
""".split()
BARE = 0.25
#: Of the face's size: beyond its oval, below the brows, as far as nobody knows a beard from hair.
RIM = 0.07
BROWS, MOUTH, CHIN, TOP = (105, 334), 13, 152, 10


@dataclass(frozen=True)
class Head:
    """One head of parse_cut.py: color (S,S,3) float32, points (468,2), hair (S,S) 0..1, weight (S,S) 0..1, where hair
    is known; person (S,S); bald, and kind: whether its hair is known (told), it has none (bald), or neither."""

    color: np.ndarray
    points: np.ndarray
    person: np.ndarray
    hair: np.ndarray
    weight: np.ndarray
    kind: str

    @property
    def size(self) -> float:
        x0, y0, x1, y1 = box_of(self.points)
        return max(x1 - x0, y1 - y0)

    def mirrored(self) -> Head:
        """Seen in a mirror."""
        points = self.points[mirror_table()] * (-1, 1) + (self.color.shape[1], 0)
        flipped = (np.ascontiguousarray(part[:, ::-1]) for part in (self.color, self.person, self.hair, self.weight))
        color, person, hair, weight = flipped
        return Head(color, points.astype(np.float32), person, hair, weight, self.kind)


def known(stored: dict[str, np.ndarray], long: bool = False) -> Head:
    """What is known of a stored head; long: hair may hang below the mouth (else clothes lie there)."""
    color = stored["color"].astype(np.float32) / 255
    person, skin, sure = (stored[key].astype(np.float32) / 255 for key in ("person", "skin", "hair"))
    points, shape = stored["points"], color.shape[:2]
    x0, y0, x1, y1 = box_of(points)
    size = max(x1 - x0, y1 - y0)
    lab = cv2.cvtColor(cv2.GaussianBlur(color, (0, 0), 0.8), cv2.COLOR_RGB2LAB)
    light = lab[..., 0]
    rows = np.arange(shape[0])[:, None] + np.zeros(shape)
    above = rows < points[list(BROWS), 1].mean() - 0.03 * size
    higher = rows < points[TOP, 1] - 0.03 * size
    oval = fill_region(shape, points, FACE_OVAL)
    patches = fill_region(shape, points, RIGHT_CHEEK, LEFT_CHEEK, NOSE_BRIDGE, FOREHEAD) * skin > 0.8
    crown = higher & (person > 0.8)
    share = (sure * crown).sum() / max(crown.sum(), 1)
    # below the brows and away from the outline: eyes, lips and beards are no hair of the head
    within = (cv2.erode(oval, np.ones((3, 3)), iterations=round(RIM * size)) > 0.5) & ~above
    picture = stored["shown"].astype(np.float32)
    weight = picture * np.where(np.abs(person - 0.5) < 0.35, 0, 1)
    tone, covered = np.median(light[patches]) if patches.any() else 60, sure > 0.9
    told, bald = False, str(stored["name"]) in BALD
    if covered.sum() > 300 and share > 0.4 and not bald:
        middle = np.median(light[covered])
        spread = 1.4826 * np.median(np.abs(light[covered] - middle))
        way = (light - tone) / (middle - tone if abs(middle - tone) > APART else np.inf)
        told = spread < STRAYS and np.mean(way[crown] > HAIR) > COVERED
    if told:
        made = np.clip((way - SKIN) / (HAIR - SKIN), 0, 1)
        weight = weight * np.where((way > SKIN) & (way < HAIR), 0.15, 1)
        # below the brows: what hangs beside the oval and is joined to the crown
        inside = np.clip(2 * oval, 0, 1) * ~above
        made = made * (1 - inside) * person
        count, labels = cv2.connectedComponents((made > 0.5).astype(np.uint8))
        top = np.bincount(labels[higher], minlength=count) > 50
        top[0] = False
        made = made * cv2.dilate(top[labels].astype(np.float32), np.ones((5, 5)))
        beside = cv2.dilate(oval, np.ones((3, 3)), iterations=round(RIM * size)) * ~above
        weight = weight * np.where((beside > 0.5) & (way > SKIN) & (oval < 0.99), 0, 1)
        rim = (oval > 0.5) & ~within & ~above
        weight = weight * np.where(rim & (way > SKIN), 0, 1)
        weight = np.where(within, picture, weight)
    else:
        made = np.zeros(shape, np.float32)
        bare = within.copy()
        if bald:
            middle = np.abs(np.arange(shape[1]) + 0.5 - points[TOP, 0])[None] < BARE * size
            bare |= (skin > 0.7) | (above & middle & (person > 0.9))
        elif long or share > THICK:
            grown = crown & (long or share > FULL) & (rows < points[TOP, 1] - GROWS * size)
            made = (covered | grown).astype(np.float32)
        weight = weight * ((person < 0.1) | bare | (made > 0))
    low = (rows > points[MOUTH, 1]) & (oval < 0.5)
    if long:
        weight = weight * np.where(low & (person > 0.1), 0, 1)
    else:
        made = made * ~low
        weight = np.where(low, picture, weight)
    kind = "told" if told else "bald" if bald else "unknown"
    return Head(color, points, person, made.astype(np.float32), weight.astype(np.float32), kind)
