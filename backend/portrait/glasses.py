"""Glasses: rims, bridge, arms and opaque lenses, by a network of this project's own (`lab/training/glasses.py`).

It looks at a frame that the landmarks fix. Glasses are worn as a whole: nothing is cut unless the network says that
some are worn and finds one piece on both sides of the nose.
"""

import cv2
import numpy as np

from . import networks
from .landmark_groups import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS
from .landmarks import FaceLandmarks, Square, box_of, cut, eye_angle

#: The network's frame (lab/training/glasses_network.py; torch is not needed here): pixels, its width over the face's.
ROWS, COLUMNS, ACROSS = 128, 256, 1.1
#: Probability up to which a pixel is skin for sure; from one minus that it is glasses.
DOUBTED = 0.3
#: Log-odds from which they are worn: of 501 people who wear some have 3.1 at least, but for one without rims (1.9); who
#: wear none have 2.4 at most, for deep bags below the eyes.
WORN = 2.7
#: Pixels of the frame by which glasses are widened: their soft edges.
WIDER = 1


def glasses(color: np.ndarray, face: FaceLandmarks) -> np.ndarray:
    """(H,W) float32 0..1: where glasses hide the face; all zero where none are worn.

    Args:
        color: (H,W,3) float32 sRGB.
        face: its landmarks, in the pixels of `color`.
    """
    made, worn, to_image = seen(color, face)
    if not worn:
        return np.zeros(color.shape[:2], np.float32)
    made = cv2.dilate(made, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * WIDER + 1, 2 * WIDER + 1)))
    made = np.clip((made - DOUBTED) / (1 - 2 * DOUBTED), 0, 1)
    matrix = to_image.copy()
    matrix[:, 2] += to_image[:, :2] @ (0.5, 0.5) - 0.5  # pixel centres; OpenCV counts them at 0
    return cv2.warpAffine(made, matrix, color.shape[1::-1], flags=cv2.INTER_LINEAR)


def seen(color: np.ndarray, face: FaceLandmarks) -> tuple[np.ndarray, bool, np.ndarray]:
    """(128,256) float32 probability of glasses in the frame, whether they are worn, and (2,3) from frame to picture."""
    to_image = frame(face.points)
    x, y = to_image @ (COLUMNS / 2, ROWS / 2, 1)
    scale = np.hypot(*to_image[:, 0])
    square, above = Square(x, y, scale * COLUMNS, float(np.arctan2(*to_image[::-1, 0]))), (COLUMNS - ROWS) // 2
    crop = np.clip(cut(color, square, COLUMNS)[0][above : above + ROWS], 0, 1)
    hidden, worn = networks.network(networks.GLASSES)(inputs_of(crop))
    made = 1 / (1 + np.exp(-np.clip(hidden.reshape(ROWS, COLUMNS), -30, 30)))
    return made, worn.item() > WORN and bridged(made), to_image


def bridged(made: np.ndarray) -> bool:
    """Whether most of what was found is one piece that lies about both eyes: rings about eyes or brows are two."""
    count, labels = cv2.connectedComponents((made > DOUBTED).astype(np.uint8))
    sure = np.stack(
        [
            np.bincount(half.ravel(), weight.ravel(), count)[1:]
            for half, weight in zip(np.hsplit(labels, 2), np.hsplit((made > 0.5).astype(np.float32), 2), strict=True)
        ]
    )
    if not sure.any():
        return False
    whole = sure[:, sure.sum(0).argmax()]
    return bool(whole.min() > 0.1 * whole.max() and whole.sum() > 0.5 * sure.sum())  # the other eye is seen aslant


def frame(points: np.ndarray) -> np.ndarray:
    """(2,3) from the frame's pixels to the picture's, centres at +0.5; points: (468,>=2) landmarks there."""
    x0, y0, x1, y1 = box_of(points)
    angle, scale = eye_angle(points), ACROSS * max(x1 - x0, y1 - y0) / COLUMNS
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = points[[*RIGHT_EYE_CORNERS, *LEFT_EYE_CORNERS], :2].mean(0)
    return np.c_[turn, middle - turn @ (COLUMNS / 2, 0.45 * ROWS)]  # the eyes lie there in its height


def inputs_of(color: np.ndarray) -> np.ndarray:
    """(5,128,256) float32: the frame's colour and place.

    Args:
        color: (128,256,3) float32 sRGB.
    """
    x, y = np.meshgrid(np.linspace(-1, 1, COLUMNS), np.linspace(-1, 1, ROWS))
    return np.concatenate([color.transpose(2, 0, 1), x[None], y[None]]).astype(np.float32)
