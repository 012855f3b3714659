"""What the parsing network is given of a portrait: a square that the landmarks fix, with the face's parts and place."""

import cv2
import numpy as np

from .landmark_groups import (
    FACE_OVAL,
    INNER_LIPS,
    LEFT_BROW,
    LEFT_EYE,
    LEFT_EYE_CORNERS,
    LIPS,
    RIGHT_BROW,
    RIGHT_EYE,
    RIGHT_EYE_CORNERS,
    fill_region,
)
from .landmarks import Square, box_of, eye_angle

#: What a pixel may be, in the network's order. Brows, lashes and lips are skin; what is before the person, hands too,
#: is an occluder.
CLASSES = ("skin", "hair", "facial_hair", "glasses", "headwear", "occluder", "clothes", "background")
#: The network's square: its pixels, its side over the face's size, and where in its height the eyes lie.
SIDE, ACROSS, EYES = 192, 2.25, 0.5
#: Channels of the input: colour, parts of the face, place.
CHANNELS = 6
#: The face's parts as one channel.
PARTS = (
    (0.35, (FACE_OVAL,)),
    (0.5, (RIGHT_BROW, LEFT_BROW)),
    (0.8, (RIGHT_EYE, LEFT_EYE)),
    (0.65, (LIPS,)),
    (1.0, (INNER_LIPS,)),
)


def parse_frame(points: np.ndarray) -> Square:
    """Where the network looks, in pixels of the picture; points: (468,>=2) landmarks there."""
    x0, y0, x1, y1 = box_of(points)
    side, angle = ACROSS * max(x1 - x0, y1 - y0), eye_angle(points)
    x, y = points[[*RIGHT_EYE_CORNERS, *LEFT_EYE_CORNERS], :2].mean(0)
    up = (EYES - 0.5) * side
    return Square(float(x + np.sin(angle) * up), float(y - np.cos(angle) * up), float(side), float(angle))


def face_parts(points: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """(H,W) float32: 0 beside the face, and the values of PARTS in it; points: (468,>=2) in its pixels."""
    parts = np.zeros(shape, np.float32)
    for value, loops in PARTS:
        parts += fill_region(shape, points, *loops) * (value - parts)
    return parts


def inputs_of(color: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """(6,S,S) float32: the square's colour, the face's parts in it, and place.

    Args:
        color: (S,S,3) float32 sRGB. parts: (S,S), of face_parts().
    """
    places = np.linspace(-1, 1, len(parts))
    x, y = np.meshgrid(places, places)
    return np.concatenate([color.transpose(2, 0, 1), parts[None], x[None], y[None]]).astype(np.float32)


def softmax(logits: np.ndarray) -> np.ndarray:
    """(C,H,W) probabilities over the first axis."""
    shifted = np.exp(logits - logits.max(0))
    return shifted / shifted.sum(0)


def spread(maps: np.ndarray, to_image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """(n,H,W) of (n,S,S) maps in the square; beyond it what lies at its border goes on.

    Args:
        to_image: (2,3) from its pixels to the picture's.
    """
    matrix = to_image.copy()
    matrix[:, 2] += to_image[:, :2] @ (0.5, 0.5) - 0.5  # pixel centres; OpenCV counts them at 0
    size = shape[::-1]
    return np.stack(
        [cv2.warpAffine(one.astype(np.float32), matrix, size, borderMode=cv2.BORDER_REPLICATE) for one in maps]
    )
