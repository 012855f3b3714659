"""Hands before the face: found by two networks, drawn with a hand's own widths, cut along the picture's edges.

A hand has the colour of the face that it hides, so colour cannot tell them apart. MediaPipe's palm detector is asked
about the face at two sizes; it also sees palms in bare faces, so its landmark network decides, twice, as it does for
faces. The detector's anchors, and the squares in which hands are read, are those of `palm_detection_cpu.pbtxt`,
`palm_detection_detection_to_roi.pbtxt` and `hand_landmark_landmarks_to_roi.pbtxt` (mediapipe 0.10.21, Apache-2.0).
"""

import functools
import itertools
import math
from dataclasses import dataclass

import cv2
import numpy as np

from ..imaging.sample import disc
from . import networks
from .landmark_groups import FACE_OVAL, fill_region
from .landmarks import FaceLandmarks, Square, cut

PALM_SIDE = 192  # the network's input, pixels


#: A palm worth a look, and the presence that the hand in it needs, both times that it is read. Of 350 looks at hands
#: before faces 4 had less than 0.8, most 0.97 and more; what is taken for a palm in 312 faces without hands, 0.45 or
#: less, but 0.76 once when the same faces were read at another size.
MIN_SCORE, PRESENCE = 0.3, 0.8

#: Half the width of a hand at each of the 21 points, metres: wrist, then thumb to little finger from the palm outwards.
WIDTHS = np.float32(
    [
        0.027,
        0.018,
        0.013,
        0.0105,
        0.0090,
        0.012,
        0.0095,
        0.0085,
        0.0075,
        0.012,
        0.0095,
        0.0085,
        0.0075,
        0.0115,
        0.0090,
        0.0080,
        0.0070,
        0.0105,
        0.0080,
        0.0070,
        0.0060,
    ]
)

#: Bones, and how long they are, metres: the palm's, then the first and second of each finger. What is seen of them is
#: that or less, so the upper quartile tells the hand's size.
BONES = np.array(
    [
        (0, 5),
        (0, 9),
        (0, 17),
        (5, 17),
        (1, 2),
        (2, 3),
        (5, 6),
        (6, 7),
        (9, 10),
        (10, 11),
        (13, 14),
        (14, 15),
        (17, 18),
        (18, 19),
    ]
)
LENGTHS = np.float32([0.088, 0.086, 0.080, 0.058, 0.042, 0.033, 0.043, 0.026, 0.046, 0.029, 0.043, 0.028, 0.034, 0.020])
FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
PALM = ((0, 1, 5, 9, 13, 17), (1, 2, 5))  # the second is the web of the thumb

#: Half a forearm's width at the wrist, metres, and what that gains on the way.
ARM_WIDTH, ARM_WIDENS = 0.025, 0.10


@dataclass(frozen=True)
class Hand:
    """A hand in an image.

    points: (21, 3) float32, MediaPipe's order: wrist, then each finger from the palm outwards, thumb first; x right, y
        down in pixels (centres at +0.5), z in the same scale, negative towards the viewer.
    presence: 0..1.
    """

    points: np.ndarray
    presence: float

    @property
    def scale(self) -> float:
        """Pixels per metre."""
        seen = np.linalg.norm(self.points[BONES[:, 0]] - self.points[BONES[:, 1]], axis=1)
        return float(np.percentile(seen / LENGTHS, 75))

    @property
    def square(self) -> Square:
        """Where the network should look to see this hand again: about its palm, the fingers up."""
        points = self.points[:, :2]
        angle = _upright(points[0], (points[5] + points[13]) / 4 + points[9] / 2)
        turn = _turn(angle)
        level = points[list(STEADY)] @ turn.T
        low, high = level.min(axis=0), level.max(axis=0)
        x, y = turn.T @ ((low + high) / 2 - [0, 0.1 * (high - low)[1]])
        return Square(float(x), float(y), 2 * float((high - low).max()), angle)


#: The points that tell where a hand lies: all but the ends of the fingers.
STEADY = (0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18)


def hands_before(color: np.ndarray, face: FaceLandmarks) -> np.ndarray:
    """(H, W) float32 0..1: hands that reach into the face's outline, all of them and the wrist; 0 without any.

    Args:
        color: (H, W, 3) float32 sRGB 0..1.
        face: landmarks in the pixels of `color`.
    """
    covered = np.zeros(color.shape[:2], np.float32)
    hands = find_hands(color, face)
    oval = fill_region(covered.shape, face.points, FACE_OVAL) > 0.5 if hands else None
    for hand in hands:
        drawn = np.maximum(hand_shape(covered.shape, hand), arm_shape(color, hand))
        if (drawn[oval] > 0.5).any():
            covered = np.maximum(covered, along_edges(color, drawn, hand.scale))
    return covered


def find_hands(color: np.ndarray, face: FaceLandmarks) -> list[Hand]:
    """The hands near a face, most present first; hands that only lie elsewhere in the picture are not looked for."""
    hands: list[Hand] = []
    for view in (2.5, 3.2):  # sides of the squares, over the face's size
        for square in palms(color, Square(*face.centre, face.size * view, face.roll)):
            if len(hands) < 2 and not any(_same(square, hand) for hand in hands):
                hand = _read(color, square)
                if hand and not any(_same(hand.square, other) for other in hands):
                    hands.append(hand)
    return sorted(hands, key=lambda hand: -hand.presence)


def palms(color: np.ndarray, where: Square) -> list[Square]:
    """The squares of possible hands in a square of the picture, best first."""
    crop, to_image = cut(color, where, PALM_SIDE)
    boxes, scores = networks.network(networks.PALMS)(crop)
    scores = 1 / (1 + np.exp(-np.clip(scores.ravel(), -60, 60)))
    found: list[Square] = []
    for index in np.argsort(-scores):
        if scores[index] < MIN_SCORE:
            break
        raw = boxes.reshape(-1, 9, 2)[index] / PALM_SIDE  # centre, size, seven points: wrist, fingers' roots
        centre, wrist, middle = ((raw[k] + _anchors()[index]) * PALM_SIDE for k in (0, 2, 4))
        centre, wrist, middle = (point @ to_image[:, :2].T + to_image[:, 2] for point in (centre, wrist, middle))
        side = float(raw[1].max()) * where.side
        angle = _upright(wrist, middle)
        x, y = centre + 0.5 * side * np.array([math.sin(angle), -math.cos(angle)])
        if all(math.hypot(x - other.x, y - other.y) > 0.25 * max(2.6 * side, other.side) for other in found):
            found.append(Square(float(x), float(y), 2.6 * side, angle))
    return found


def hand_shape(shape: tuple[int, int], hand: Hand) -> np.ndarray:
    """(H, W) float32 coverage of a hand, drawn as rounded bones with a hand's widths."""
    mask = np.zeros(shape, np.uint8)
    points, radii = hand.points[:, :2], WIDTHS * hand.scale
    for finger in FINGERS:
        for a, b in itertools.pairwise(finger):
            _fill_round(mask, points[[a, b]], radii[[a, b]])
    for part in PALM:
        _fill_round(mask, points[list(part)], radii[list(part)])
    return mask.astype(np.float32) / 255


def arm_shape(color: np.ndarray, hand: Hand) -> np.ndarray:
    """(H, W) float32 coverage of the forearm, bare or in a sleeve: straight, so its two edges tell where it goes.

    Wrists bend; of all directions that is taken whose edges have the most contrast, if it stands out. Else what lies
    straight on from the hand is drawn, a short way.
    """
    points, scale = hand.points[:, :2], hand.scale
    lab = cv2.cvtColor(cv2.GaussianBlur(color, (0, 0), max(0.8, 0.004 * scale)), cv2.COLOR_RGB2LAB)
    slopes = [cv2.Sobel(lab, cv2.CV_32F, x, y, ksize=3) / 8 * (0.01 * scale) for x, y in ((1, 0), (0, 1))]
    straight = points[0] - points[[5, 9, 13, 17]].mean(axis=0)
    straight = math.atan2(straight[1], straight[0])
    tried = [
        (_edges(slopes, points[0], straight + turn, width, scale), straight + turn, width)
        for turn in np.radians(np.arange(-60, 61, 5))  # from straight on
        for width in (0.8, 1.0, 1.25)
    ]
    contrast, angle, width = max(tried)
    seen = contrast > 1.75 * np.median([one[0] for one in tried])
    along = np.float32([0, 0.22] if seen else [0, 0.05])  # metres of the forearm
    angle, width = (angle, width) if seen else (straight, 1.0)
    mask = np.zeros(color.shape[:2], np.uint8)
    ends = points[0] + along[:, None] * scale * np.float32([math.cos(angle), math.sin(angle)])
    _fill_round(mask, ends, (ARM_WIDTH + ARM_WIDENS * along) * width * scale)
    return mask.astype(np.float32) / 255


def _edges(slopes: list[np.ndarray], wrist: np.ndarray, angle: float, width: float, scale: float) -> float:
    """Contrast across the weaker edge of a forearm that lies so, as far as the picture shows it."""
    ahead = np.array([math.cos(angle), math.sin(angle)])
    aside = np.array([-ahead[1], ahead[0]])
    along = np.linspace(0.03, 0.15, 13)[:, None]
    half = (ARM_WIDTH + ARM_WIDENS * along) * width
    contrasts = []
    for side in (-1, 1):
        x, y = np.floor(wrist + (along * ahead + side * half * aside) * scale).astype(int).T
        shown = (x >= 0) & (x < slopes[0].shape[1]) & (y >= 0) & (y < slopes[0].shape[0])
        if shown.sum() < 4:
            return 0.0
        x, y = x[shown], y[shown]
        across = np.linalg.norm(slopes[0][y, x] * aside[0] + slopes[1][y, x] * aside[1], axis=1)
        # CIELAB units per centimetre across an edge; the wall behind may have any
        contrasts.append(float(np.minimum(across, 12.0).mean()))
    return min(contrasts)


def along_edges(color: np.ndarray, drawn: np.ndarray, scale: float) -> np.ndarray:
    """(H, W) float32 0 or 1: a drawn hand (H, W), its outline moved to the picture's (GrabCut within a narrow band).

    Args:
        color: (H, W, 3) float32 sRGB 0..1.
        scale: pixels per metre of the hand.
    """
    # fingers as near to each other hide all that lies between
    shape = cv2.morphologyEx((drawn > 0.5).astype(np.uint8), cv2.MORPH_CLOSE, disc(0.004 * scale))
    labels = np.full(shape.shape, cv2.GC_BGD, np.uint8)
    labels[cv2.dilate(shape, disc(0.006 * scale)) > 0] = cv2.GC_PR_BGD
    labels[shape > 0] = cv2.GC_PR_FGD
    # from the drawn outline inwards and outwards the picture's edges say what is hand
    labels[cv2.erode(shape, disc(0.005 * scale)) > 0] = cv2.GC_FGD
    cut_out = np.zeros(shape.shape, np.float32)
    around = cv2.dilate(shape, disc(0.03 * scale))  # its colours are told from these
    part = tuple(slice(some[0], some[-1] + 1) for some in (np.flatnonzero(around.any(axis=axis)) for axis in (1, 0)))
    own = labels[part].copy()
    if {cv2.GC_BGD, cv2.GC_FGD} <= set(np.unique(own)):
        pixels = np.rint(np.clip(color[part], 0, 1) * 255).astype(np.uint8)
        cv2.grabCut(pixels, own, None, np.zeros((1, 65)), np.zeros((1, 65)), 1, cv2.GC_INIT_WITH_MASK)
    cut_out[part] = (own == cv2.GC_FGD) | (own == cv2.GC_PR_FGD)
    return cv2.dilate(cut_out, disc(0.004 * scale))  # its shadow lies beyond the edge


def _read(color: np.ndarray, square: Square) -> Hand | None:
    """The hand in a square, read again in its own; None where it is not one both times."""
    hand = None
    for _ in range(2):
        crop, to_image = cut(color, hand.square if hand else square, 224)
        local, presence = networks.network(networks.HAND)(crop)
        if presence.item() < PRESENCE:
            return None
        scale = math.hypot(*to_image[:, 0])
        local = local.reshape(21, 3)
        points = np.c_[local[:, :2] @ to_image[:, :2].T + to_image[:, 2], local[:, 2] * scale].astype(np.float32)
        hand = Hand(points, presence.item())
    return hand


def _same(square: Square, hand: Hand) -> bool:
    other = hand.square
    return math.hypot(square.x - other.x, square.y - other.y) < 0.25 * max(square.side, other.side)


def _upright(wrist: np.ndarray, fingers: np.ndarray) -> float:
    """The angle of a square in which the fingers point up."""
    return math.atan2(fingers[0] - wrist[0], wrist[1] - fingers[1])


def _turn(angle: float) -> np.ndarray:
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos, sin], [-sin, cos]])


def _fill_round(mask: np.ndarray, points: np.ndarray, radii: np.ndarray) -> None:
    """Fill the convex hull of discs."""
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    rims = points[:, None] + radii[:, None, None] * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    hull = cv2.convexHull(np.round((rims.reshape(-1, 2) - 0.5) * 16).astype(np.int32))
    cv2.fillConvexPoly(mask, hull, 255, lineType=cv2.LINE_AA, shift=4)


@functools.cache
def _anchors() -> np.ndarray:
    """(2016, 2) centres of the palm detector's anchors, 0..1."""
    grids = []
    for cells, each in ((24, 2), (12, 6)):  # cells a side, anchors in each: strides 8 and 16, 16, 16
        steps = (np.arange(cells) + 0.5) / cells
        grids.append(np.repeat(np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2), each, axis=0))
    return np.concatenate(grids)
