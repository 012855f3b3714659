"""What is known of the pixels of training people's portraits, and of rendered heads: what draw_parse.py composes.

A head is a square as portrait/parse_network.py has it, finer and somewhat wider. Where nobody knows, its weight is 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ...portrait.landmark_groups import FACE_OVAL, fill_region, mirror_table
from ...portrait.landmarks import box_of
from ...portrait.parse_network import CLASSES
from .known_beards import bearded, kind_of
from .known_hair import BARE, TOP, Head, known

#: Pixels of a stored square over those of the network's at the same place; its side in its own pixels.
FINER, STORED = 1.25, 288
#: Landmarks: of the mouth, the chin, the nose's root.
MOUTH, CHIN, ROOT = 13, 152, 168
#: Who wears a hat in the data.
HATTED = ("6f1720e651",)
#: Share of hair beside and above a face below which the teacher does not know the rest.
THIN = 0.5
#: Teacher's probability up to which a pixel is none of a class, and from which it is one.
NONE, SOME = 0.12, 0.8
#: Of the face's size: the ring beside the face in which long hair hangs, and the share of it that is then hair.
BESIDE, LONG = (0.03, 0.14), 0.3
#: CIELAB distance from hair's colour, in its deviations, from which a pixel is clothes, and up to which it is hair.
CLOTH, LOCK = 3.5, 1.2
SKIN, HAIR, FACIAL, GLASSES, HEADWEAR, OCCLUDER, CLOTHES, BACKGROUND = range(len(CLASSES))


@dataclass(frozen=True)
class Parsed:
    """color (S,S,3) float32 sRGB; points (468,2); person (S,S) 0..1; classes (S,S,8) that
    sum to 1; weight (S,S) 0..1, where they are known; head: what wigs.py draws on; rendered: not photographed."""

    color: np.ndarray
    points: np.ndarray
    person: np.ndarray
    classes: np.ndarray
    weight: np.ndarray
    kind: str
    name: str
    rendered: bool = False

    @property
    def head(self) -> Head:
        return Head(
            self.color, self.points, self.person, np.ascontiguousarray(self.classes[..., HAIR]), self.weight, self.kind
        )

    @property
    def size(self) -> float:
        x0, y0, x1, y1 = box_of(self.points)
        return float(max(x1 - x0, y1 - y0))

    def mirrored(self) -> Parsed:
        points = self.points[mirror_table()] * (-1, 1) + (self.color.shape[1], 0)
        parts = {
            name: np.ascontiguousarray(getattr(self, name)[:, ::-1])
            for name in ("color", "person", "classes", "weight")
        }
        return replace(self, points=points.astype(np.float32), **parts)


def parsed(stored: dict[str, np.ndarray]) -> Parsed | None:
    """A stored portrait with what is known of it; None where a hand or a hat is in it.

    Args:
        stored: of parse_cut.cut_head().
    """
    name = str(stored["name"])
    if name in HATTED or stored["hand"]:
        return None
    color, points = stored["color"].astype(np.float32) / 255, stored["points"]
    person, skin, teacher, beard, rims = (
        stored[key].astype(np.float32) / 255 for key in ("person", "skin", "hair", "beard", "rims")
    )
    x0, y0, x1, y1 = box_of(points)
    size, shape = max(x1 - x0, y1 - y0), person.shape
    rows = np.arange(shape[0])[:, None] + np.zeros(shape)
    oval = fill_region(shape, points, FACE_OVAL) > 0.5
    away = cv2.distanceTransform((~oval).astype(np.uint8), cv2.DIST_L2, 3) / size
    level = np.abs(rows - points[MOUTH, 1]) < 0.12 * size
    beside = level & (away > BESIDE[0]) & (away < BESIDE[1]) & (person > 0.8)
    long = bool(beside.any() and teacher[beside].mean() > LONG)
    head = known(stored, long)
    hair, weight = head.hair, head.weight
    sure = ((teacher < NONE) | (teacher > SOME)) * 0.7
    unknown = weight < 0.05
    hair = np.where(unknown, teacher, hair)
    weight = np.where(unknown, sure * np.where(np.abs(person - 0.5) < 0.35, 0.3, 1), weight)
    low = (rows > points[MOUTH, 1]) & ~oval & (person > 0.5)
    cloth, unsure = lower(color, low, skin, teacher, rows > points[CHIN, 1], long)
    hair = np.where(low, np.where(cloth > 0.5, 0, teacher if long else 0), hair)
    weight = np.where(low, np.where(unsure, 0, 1), weight)
    if head.kind != "told":
        weight = weight * (1 - thin_sides(head, teacher, ~oval & (rows < points[MOUTH, 1])))
    weight = weight * stored["shown"]
    classes = np.zeros((*shape, len(CLASSES)), np.float32)
    classes[..., BACKGROUND] = 1 - person
    classes[..., CLOTHES] = cloth * person
    classes[..., HAIR] = np.minimum(hair * person, 1 - classes[..., CLOTHES] - classes[..., BACKGROUND])
    # below the face what hangs beside the neck and is neither is unknown
    facial, doubt = facial_hair(color, points, person, name, beard, oval, rows, size)
    left = np.clip(1 - classes.sum(-1), 0, 1)
    classes[..., FACIAL] = facial * left
    weight = weight * (1 - doubt)
    if stored["worn"]:
        worn = np.clip((rims - 0.3) / 0.4, 0, 1) * (rows < points[MOUTH, 1])
        classes *= (1 - worn)[..., None]
        classes[..., GLASSES] = worn
        weight = weight * np.where((rims > 0.1) & (rims < 0.5), 0.2, 1)
    else:
        weight = weight * np.where(rims > 0.3, 0.2, 1)
    classes[..., SKIN] = np.clip(1 - classes.sum(-1), 0, 1)
    return Parsed(color, points, person, classes, weight.astype(np.float32), head.kind, name)


def thin_sides(head: Head, teacher: np.ndarray, around: np.ndarray) -> np.ndarray:
    """(S,S) 0 or 1, where a head on which the teacher finds little hair may have some: it misses thin and grey sides.

    Args:
        teacher: (S,S) 0..1 hair. around: (S,S) bool, above the mouth beside the face.
    """
    crown = around & (head.person > 0.8)
    if (teacher * crown).sum() > THIN * crown.sum():
        return np.zeros(teacher.shape, np.float32)
    columns = np.arange(teacher.shape[1])[None] + 0.5 - head.points[TOP, 0]
    bare = (np.abs(columns) < BARE * head.size) & (head.kind == "bald")
    return (around & ~bare & (head.person > 0.05) & (teacher < SOME)).astype(np.float32)


def lower(
    color: np.ndarray, low: np.ndarray, skin: np.ndarray, teacher: np.ndarray, below: np.ndarray, long: bool
) -> tuple[np.ndarray, np.ndarray]:
    """(S,S) 0 or 1 of clothes below the mouth beside the face; (S,S) bool where nobody knows them from hair or skin."""
    neck, other = low & (skin > 0.6), low & (skin < 0.15)
    cloth, unsure = other.astype(np.float32), low & ~neck & ~other
    if not long:
        return cloth, unsure | (other & ~below & (teacher > 0.3))
    lab = cv2.cvtColor(cv2.GaussianBlur(color, (0, 0), 1.5), cv2.COLOR_RGB2LAB)
    hairy = (teacher > 0.9) & (skin < 0.3)
    if hairy.sum() < 200:
        return cloth * 0, unsure | other
    middle = np.median(lab[hairy], axis=0)
    spread = np.maximum(1.4826 * np.median(np.abs(lab[hairy] - middle), axis=0), (7, 3, 4))
    apart = np.linalg.norm((lab - middle) / spread, axis=-1)
    cloth = (other & (apart > CLOTH) & (teacher < 0.6)).astype(np.float32)
    lock = other & (apart < LOCK) & (teacher > 0.7)
    return cloth, unsure | (other & (cloth < 0.5) & ~lock)


def facial_hair(
    color: np.ndarray,
    points: np.ndarray,
    person: np.ndarray,
    name: str,
    beard: np.ndarray,
    oval: np.ndarray,
    rows: np.ndarray,
    size: float,
) -> tuple[np.ndarray, np.ndarray]:
    """(S,S) 0..1 facial hair, and (S,S) 0..1 how little is known of it."""
    nothing, kind = np.zeros(person.shape, np.float32), kind_of(name)
    if kind == "none":
        return nothing, nothing
    around = cv2.dilate(oval.astype(np.uint8), np.ones((3, 3)), iterations=round(0.06 * size)) > 0
    where = around & (rows > points[2, 1] - 0.02 * size)
    if kind == "unsure":
        return nothing, where.astype(np.float32)
    told = bearded(color, points, person, kind)
    sure = ((beard < NONE) | (beard > 0.7)) & where
    facial = np.where(told.weight > 0.5, told.hair, np.where(beard > 0.7, 1, 0)) * where
    return facial.astype(np.float32), (where & (told.weight < 0.5)) * np.where(sure, 0.4, 1.0)
