"""Beards and moustaches in a portrait, by a network of this project's own (`lab/training/draw_beards.py`).

It looks at a square about the mouth that the landmarks fix. Stubble, folds, shade and open mouths are skin.
"""

from __future__ import annotations

import cv2
import numpy as np

from . import networks
from .landmark_groups import FACE_OVAL, INNER_LIPS, LIPS, fill_region
from .landmarks import FaceLandmarks, Square, box_of, cut, eye_angle

#: The network's square: its pixels, its side over the face's size, and how far below the lips' middle its own is.
SIDE, ACROSS, LOWER = 96, 0.85, 0.03
#: The face's oval, and its lips, as the network is told them.
OVAL, LIP, INSIDE = 0.35, 0.65, 1.0
#: Landmarks of the lips' middle.
MOUTH = (13, 14)
#: Probabilities up to which a pixel is no beard, and from which it is. The network says 0.78 at most.
BARE, COVERED = 0.3, 0.72
#: Of the face's size squared: patches of hair, and all of them together, are no smaller.
ISLAND, LEAST = 0.001, 0.006
#: Least mean of a patch: of 39 beards all but one faint moustache have it, and 6 of 449 faces without (16 without it).
SURE = 0.88


def beard_frame(points: np.ndarray, wider: float = 1.0) -> Square:
    """Where the network looks, in pixels of the picture; points: (468,>=2) landmarks there."""
    x0, y0, x1, y1 = box_of(points)
    x, y = points[list(MOUTH), :2].mean(0)
    size, angle = max(x1 - x0, y1 - y0), eye_angle(points)
    down = LOWER * size
    return Square(float(x - np.sin(angle) * down), float(y + np.cos(angle) * down), wider * ACROSS * size, angle)


def face_parts(points: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """(H,W) float32: 0 beside the face, OVAL in it, LIP on lips, INSIDE between them."""
    parts = OVAL * fill_region(shape, points, FACE_OVAL)
    for loop, value in ((LIPS, LIP), (INNER_LIPS, INSIDE)):
        parts += fill_region(shape, points, loop) * (value - parts)
    return parts


def find_beard(color: np.ndarray, face: FaceLandmarks) -> np.ndarray:
    """(H,W) float32 0..1, how far a beard or a moustache covers the skin; 0 everywhere on shaven and stubbled faces.

    Args:
        color: (H,W,3) float32 sRGB. face: its landmarks, in their pixels.
    """
    given, to_image = cut(color, beard_frame(face.points), SIDE)
    points = (face.points[:, :2] - to_image[:, 2]) @ np.linalg.inv(to_image[:, :2]).T
    parts = face_parts(points.astype(np.float32), (SIDE, SIDE))
    [logits] = networks.network(networks.BEARD)(inputs_of(np.clip(given, 0, 1), parts))
    made = 1 / (1 + np.exp(-np.clip(logits.reshape(SIDE, SIDE), -30, 30)))
    made = np.clip((made - BARE) / (COVERED - BARE), 0, 1).astype(np.float32)
    labels = cv2.connectedComponents((made > 0.5).astype(np.uint8))[1]
    count = np.maximum(np.bincount(labels.ravel()), 1)
    sure = np.bincount(labels.ravel(), made.ravel()) / count
    large = np.flatnonzero((count >= ISLAND * (SIDE / ACROSS) ** 2) & (sure > SURE))
    kept = np.isin(labels, large[large > 0])
    if kept.sum() < LEAST * (SIDE / ACROSS) ** 2:
        return np.zeros(color.shape[:2], np.float32)
    made *= cv2.dilate(kept.astype(np.float32), np.ones((5, 5)))
    matrix = to_image.copy()
    matrix[:, 2] += to_image[:, :2] @ (0.5, 0.5) - 0.5  # pixel centres; OpenCV counts them at 0
    return cv2.warpAffine(made, matrix, color.shape[1::-1])


def inputs_of(color: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """(6,S,S) float32: the square's colour, the face's parts in it, and place.

    Args:
        color: (S,S,3) float32 sRGB. parts: (S,S), of face_parts().
    """
    places = np.linspace(-1, 1, len(parts))
    x, y = np.meshgrid(places, places)
    return np.concatenate([color.transpose(2, 0, 1), parts[None], x[None], y[None]]).astype(np.float32)
