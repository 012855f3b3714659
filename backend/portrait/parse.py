"""What each pixel of a portrait is: soft classes that sum to 1, by a network of this project's own.

It looks at a square about the head that the landmarks fix (parse_network.py, trained by lab/training/parse_network.py);
a guided filter draws its edges to the picture's. Nothing is cut at a threshold: whoever uses a class takes its
probability. Three networks look closer at what is finer than its pixels, or of the face's own colour: beards, glasses,
hands.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from . import networks
from .beard import find_beard
from .glasses import glasses
from .hands import hands_before
from .landmark_groups import FACE_OVAL, LEFT_CHEEK, RIGHT_CHEEK, fill_region
from .landmarks import FaceLandmarks, cut
from .parse_network import CLASSES, SIDE, face_parts, inputs_of, parse_frame, softmax, spread
from .person import exact_background, guided, head_square, person_matte, shrunk
from .style import find_style

#: Of the face's size: as far as edges of the network, whose pixels are 0.014 of it, may lie from the picture's.
EDGES = 0.02
#: Share of the network's square over which what it says fades at its border into the person as found without it.
FADES = 0.06
#: Styles in which a dome of one tone says nothing of cloth: it is hair, which is drawn more often than hats are. Shaded
#: drawings (anime) are none: their shade is of another colour than their cheeks.
FLAT = ("cartoon",)
#: CIELAB distance by which skin of a flat drawing strays from its cheeks.
ALIKE = 7.0
#: Probability of facial hair by the parse at which the beards' network, whose square is the mouth's alone, is believed
#: by half. Moustaches that it made up on rendered women have 0.02 to 0.15, real ones 0.5.
AGREES = 0.2


@dataclass(frozen=True)
class Parse:
    """Per pixel of the portrait, (H,W) float32 probabilities that sum to 1.

    skin: bare skin, with brows, lashes, lips and an open mouth. hair: of the head. facial_hair: beard and moustache.
    glasses: what of them hides the face: rims, glare, opaque lenses. headwear: hats, scarves, hoods. occluder: hands
    and other things before the person. clothes: all else that the person wears. background: what is no person.
    hand, worn: whether a hand is before the face, or glasses are, surely enough to say so.
    """

    skin: np.ndarray
    hair: np.ndarray
    facial_hair: np.ndarray
    glasses: np.ndarray
    headwear: np.ndarray
    occluder: np.ndarray
    clothes: np.ndarray
    background: np.ndarray
    hand: bool = False
    worn: bool = False

    @property
    def person(self) -> np.ndarray:
        """(H,W) 0..1: the person, hair and clothes included."""
        return 1 - self.background

    @property
    def face(self) -> np.ndarray:
        """(H,W) 0..1: skin, and what grows on the face."""
        return self.skin + self.facial_hair


def parse_portrait(color: np.ndarray, face: FaceLandmarks, alpha: np.ndarray | None = None) -> Parse:
    """The classes of a portrait's pixels, about one face.

    Args:
        color: (H,W,3) float32 sRGB 0..1.
        face: its landmarks, in the pixels of `color`.
        alpha: (H,W) float32, 0 where the file itself says background.

    Raises:
        AvatarTexError: WEIGHTS_MISSING, WEIGHTS_ALTERED.
    """
    person = person_matte(color, face, alpha)
    frame = parse_frame(face.points)
    given, to_image = cut(color, frame, SIDE)
    shown = cut(np.dstack([person] * 3), frame, SIDE)[0][..., 0]
    points = (face.points[:, :2] - to_image[:, 2]) @ np.linalg.inv(to_image[:, :2]).T
    parts = face_parts(points.astype(np.float32), (SIDE, SIDE))
    [logits] = networks.network(networks.PARSE)(inputs_of(np.clip(given, 0, 1), shown, parts))
    made = softmax(logits.reshape(len(CLASSES), SIDE, SIDE).astype(np.float32))

    y0, y1, x0, x1 = head_square(color.shape[:2], face)
    near = np.ascontiguousarray(color[y0:y1, x0:x1])
    small, factor = shrunk(near, face.size)
    to_small = to_image.copy()
    to_small[:, 2] -= (x0, y0)
    to_small *= (np.array(small.shape[1::-1]) / near.shape[1::-1])[:, None]
    classes = _over_picture(made, to_small, cv2.resize(person[y0:y1, x0:x1], small.shape[1::-1]))
    likely = classes[CLASSES.index("facial_hair")].copy()
    for name in ("glasses", "facial_hair"):  # what is spread over all eyes and chins is skin
        classes[CLASSES.index("skin")] += classes[CLASSES.index(name)]
        classes[CLASSES.index(name)] = 0
    if find_style(color, face) in FLAT:
        _by_exact_colour(classes, small, face.shifted(-x0, -y0).scaled(factor))
    classes[CLASSES.index("occluder")] = 0  # of drawings it takes cheeks for hands
    classes[CLASSES.index("skin")] += 1e-6
    classes /= classes.sum(0)
    seen = _closer_look(small, face.shifted(-x0, -y0).scaled(factor), likely)
    for name, cover in seen.items():
        classes *= 1 - cover
        classes[CLASSES.index(name)] += cover

    whole = np.zeros((len(CLASSES), *color.shape[:2]), np.float32)
    whole[CLASSES.index("background")] = 1 - person
    whole[CLASSES.index("clothes")] = person
    whole[:, y0:y1, x0:x1] = _to_edges(classes, small, near, max(2, round(EDGES * face.size * factor)))
    for known in (alpha, _beside_flat_wall(color, face)):
        if known is not None:
            whole *= known
            whole[-1] += 1 - known
    named = dict(zip(CLASSES, whole, strict=True))
    return Parse(**named, hand=bool(seen["occluder"].any()), worn=bool(seen["glasses"].any()))


def _closer_look(small: np.ndarray, face: FaceLandmarks, likely: np.ndarray) -> dict[str, np.ndarray]:
    """(h,w) 0..1 by class: what is too fine for the network, or of the face's own colour.

    Args:
        likely: (h,w) 0..1, facial hair by the network, which has the whole head to go by.
    """
    beard = find_beard(small, face)
    agreed = float((beard * likely).sum() / max(beard.sum(), 1e-6))
    beard *= agreed**2 / (agreed**2 + AGREES**2)
    odds = likely**2 / (likely**2 + (1 - likely) ** 2)
    return {
        "facial_hair": np.maximum(beard, odds),
        "glasses": glasses(small, face),
        "occluder": hands_before(small, face),
    }


def _by_exact_colour(classes: np.ndarray, small: np.ndarray, face: FaceLandmarks) -> None:
    """Of a flat drawing, in place: beside the face's oval skin has the cheeks' colour, else it is hair, as hats are."""
    skin, hair, hat = (CLASSES.index(name) for name in ("skin", "hair", "headwear"))
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)
    cheeks = fill_region(small.shape[:2], face.points, RIGHT_CHEEK, LEFT_CHEEK) > 0.5
    if cheeks.any():
        apart = np.linalg.norm(lab - np.median(lab[cheeks], axis=0), axis=-1)
        other = 1 - np.exp(-0.5 * (apart / ALIKE) ** 2)
        other *= (1 - fill_region(small.shape[:2], face.points, FACE_OVAL)) * classes[skin]
        classes[skin] -= other
        classes[hair] += other
    classes[hair] += classes[hat]
    classes[hat] = 0


def _beside_flat_wall(color: np.ndarray, face: FaceLandmarks) -> np.ndarray | None:
    """(H,W) 0 on a wall of one exact colour, but for the face, which may have it, too; None where there is none."""
    wall = exact_background(color, face)
    return None if wall is None else 1 - wall * (1 - fill_region(color.shape[:2], face.points, FACE_OVAL))


def _over_picture(made: np.ndarray, to_image: np.ndarray, person: np.ndarray) -> np.ndarray:
    """(8,h,w) over the picture of the (8,S,S) that the network made; beyond its square the person wears clothes."""
    border = np.minimum(np.arange(SIDE) + 0.5, SIDE - 0.5 - np.arange(SIDE)) / (FADES * SIDE)
    looked = np.clip(np.minimum(border[:, None], border[None]), 0, 1)
    parts = [np.moveaxis(made[:4], 0, -1), np.dstack([*made[4:7], looked])]
    parts = [spread(part, to_image, person.shape) for part in parts]
    looked = parts[1][..., 3]
    classes = np.stack([*np.moveaxis(parts[0], -1, 0), *np.moveaxis(parts[1][..., :3], -1, 0)])
    classes = np.concatenate([classes, np.clip(1 - classes.sum(0), 0, 1)[None]])
    beyond = np.zeros_like(classes)
    beyond[CLASSES.index("clothes")], beyond[-1] = person, 1 - person
    return beyond + looked * (classes - beyond)


def _to_edges(classes: np.ndarray, small: np.ndarray, near: np.ndarray, radius: int) -> np.ndarray:
    """(8,H,W) at full size along the picture's edges; rims of glasses are as thin as the filter's window, and stay."""
    rims = CLASSES.index("glasses")
    size = near.shape[1::-1]
    worn = cv2.resize(classes[rims], size)
    left = classes.copy()
    left[CLASSES.index("skin")] += classes[rims]
    left[rims] = 0
    whole = np.stack([guided(np.ascontiguousarray(part), small, near, radius) for part in left])
    whole *= (1 - worn) / np.maximum(whole.sum(0), 1e-6)
    whole[rims] = worn
    return whole
