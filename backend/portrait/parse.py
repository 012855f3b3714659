"""What each pixel of a portrait is: soft classes that sum to 1, by a network of this project's own.

It looks at a square about the head that the landmarks fix (parse_network.py, trained by lab/training/parse_network.py);
a guided filter draws its edges to the picture's. Nothing is cut at a threshold: whoever uses a class takes its
probability. Two networks look closer at what is finer than its pixels, or of the face's own colour: glasses and hands.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from . import networks
from .glasses import glasses
from .hands import hands_before
from .landmark_groups import FACE_OVAL, LEFT_CHEEK, RIGHT_CHEEK, fill_region
from .landmarks import FaceLandmarks, Square, cut
from .parse_network import CLASSES, SIDE, face_parts, inputs_of, parse_frame, softmax, spread
from .style import find_style

#: Pixels: larger faces are looked at smaller, and only their edges at full size.
WORKING_FACE = 224


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
    frame = parse_frame(face.points)
    given, to_image = cut(color, frame, SIDE)
    points = (face.points[:, :2] - to_image[:, 2]) @ np.linalg.inv(to_image[:, :2]).T
    parts = face_parts(points.astype(np.float32), (SIDE, SIDE))
    [logits] = networks.network(networks.PARSE)(inputs_of(np.clip(given, 0, 1), parts))
    made = softmax(logits.reshape(len(CLASSES), SIDE, SIDE).astype(np.float32))

    y0, y1, x0, x1 = _box(frame, color.shape[:2])
    near = np.ascontiguousarray(color[y0:y1, x0:x1])
    small = _shrunk(near, face.size)
    local = face.shifted(-x0, -y0).scaled(small.shape[1] / near.shape[1])
    to_small = to_image.copy()
    to_small[:, 2] -= (x0, y0)
    to_small *= (np.array(small.shape[1::-1]) / near.shape[1::-1])[:, None]
    classes = spread(made, to_small, small.shape[:2])
    # a dome of one tone says nothing of cloth: it is hair, which is drawn more often than hats are; shaded drawings
    # (anime) are none, their shade is of another colour than their cheeks
    if find_style(color, face) == "cartoon":
        _by_exact_colour(classes, small, local)
    covers = {"glasses": glasses(small, local), "occluder": hands_before(small, local)}
    classes[CLASSES.index("skin")] += classes[CLASSES.index("glasses")]  # a haze about eyes
    classes[CLASSES.index("glasses")] = 0
    for name, cover in covers.items():
        classes *= 1 - cover
        classes[CLASSES.index(name)] += cover
    # of the face's size: the network's pixels are 0.012 of it
    classes = _to_edges(classes, small, near, max(2, round(0.02 * min(face.size, WORKING_FACE))))
    around = y0, color.shape[0] - y1, x0, color.shape[1] - x1
    whole = np.stack([cv2.copyMakeBorder(part, *around, cv2.BORDER_REPLICATE) for part in classes])
    whole[CLASSES.index("skin")] += 1e-6
    whole /= whole.sum(0)
    if alpha is not None:
        whole *= alpha
        whole[CLASSES.index("background")] += 1 - alpha
    named = dict(zip(CLASSES, whole, strict=True))
    return Parse(**named, hand=bool(covers["occluder"].any()), worn=bool(covers["glasses"].any()))


def _by_exact_colour(classes: np.ndarray, small: np.ndarray, face: FaceLandmarks) -> None:
    """Of a flat drawing, in place: beside the face's oval skin has the cheeks' colour, else it is hair, as hats are."""
    skin, hair, hat = (CLASSES.index(name) for name in ("skin", "hair", "headwear"))
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)
    cheeks = fill_region(small.shape[:2], face.points, RIGHT_CHEEK, LEFT_CHEEK) > 0.5
    if cheeks.any():
        apart = np.linalg.norm(lab - np.median(lab[cheeks], axis=0), axis=-1)
        # CIELAB distance by which skin of a flat drawing strays from its cheeks
        other = 1 - np.exp(-0.5 * (apart / 7.0) ** 2)
        other *= (1 - fill_region(small.shape[:2], face.points, FACE_OVAL)) * classes[skin]
        classes[skin] -= other
        classes[hair] += other
    classes[hair] += classes[hat]
    classes[hat] = 0


def _box(frame: Square, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """y0, y1, x0, x1 of the network's square, turned as it is, inside the picture."""
    half = frame.side / 2 * (abs(np.cos(frame.angle)) + abs(np.sin(frame.angle)))
    x0, y0 = int(np.clip(frame.x - half, 0, shape[1] - 1)), int(np.clip(frame.y - half, 0, shape[0] - 1))
    return y0, int(np.clip(frame.y + half, y0 + 1, shape[0])), x0, int(np.clip(frame.x + half, x0 + 1, shape[1]))


def _shrunk(image: np.ndarray, face_size: float) -> np.ndarray:
    """The image resized so that the face is at most WORKING_FACE pixels."""
    factor = WORKING_FACE / face_size
    if factor >= 1:
        return image
    size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _to_edges(classes: np.ndarray, small: np.ndarray, near: np.ndarray, radius: int) -> np.ndarray:
    """(8,H,W) at full size along the picture's edges; rims of glasses are as thin as the filter's window, and stay."""
    rims = CLASSES.index("glasses")
    worn = cv2.resize(classes[rims], near.shape[1::-1])
    left = classes.copy()
    left[CLASSES.index("skin")] += classes[rims]
    left[rims] = 0
    whole = np.stack([guided(part, small, near, radius) for part in left])
    whole *= (1 - worn) / np.maximum(whole.sum(0), 1e-6)
    whole[rims] = worn
    return whole


def guided(mask: np.ndarray, color: np.ndarray, full: np.ndarray, radius: int, softness: float = 1e-4) -> np.ndarray:
    """The mask at full size, its edges moved to those of the picture's luma (He and Sun: Fast guided filter, 2015).

    Args:
        mask: (h,w) float32 0..1.
        color: (h,w,3) float32, the picture at the mask's size.
        full: (H,W,3) float32, the same picture at the size wanted.
        radius: pixels of the mask.
        softness: variance of luma below which the mask is averaged.
    """

    def mean(a: np.ndarray) -> np.ndarray:
        return cv2.blur(a, (2 * radius + 1, 2 * radius + 1))

    guide = cv2.cvtColor(color, cv2.COLOR_RGB2GRAY)
    mean_g, mean_m = mean(guide), mean(mask)
    slope = (mean(guide * mask) - mean_g * mean_m) / (mean(guide * guide) - mean_g**2 + softness)
    offset = mean_m - slope * mean_g
    slope, offset = mean(slope), mean(offset)
    if full is not color:
        size = full.shape[1::-1]
        guide = cv2.cvtColor(full, cv2.COLOR_RGB2GRAY)
        slope, offset = cv2.resize(slope, size), cv2.resize(offset, size)
    return np.clip(slope * guide + offset, 0, 1)
