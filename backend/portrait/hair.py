"""Hair, hats and scarves over a head, by a network of this project's own (`lab/training/hair_network.py`).

It looks at a square that the landmarks fix, wide enough for a head with its hair. Beards, brows and lashes belong to
the skin.
"""

from __future__ import annotations

import cv2
import numpy as np

from . import networks
from .landmark_groups import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS
from .landmarks import FaceLandmarks, Square, box_of, cut, eye_angle

#: The network's square: its pixels, its side over the face's size, and where in its height the eyes lie.
SIDE, ACROSS, EYES = 128, 1.8, 0.55
#: Probabilities up to which a pixel is no hair, and from which it is. At 0.45 86 % of left-out hair on faces is found
#: and 1.7 % of their skin lost; at 0.3 89 and 2.3 %.
BARE, COVERED = 0.2, 0.7
#: Share of the square over which what it says fades at its border, where hair goes on.
FADES = 0.06


def hair_over(color: np.ndarray, person: np.ndarray, face: FaceLandmarks) -> tuple[np.ndarray, np.ndarray]:
    """(H,W) float32 0..1 each: how much hair covers what lies below; and where the network looked, 0 elsewhere.

    Args:
        color: (H,W,3) float32 sRGB. person: (H,W) float32 0..1.
        face: its landmarks, in their pixels.
    """
    made, to_image = look_at_head(networks.HAIR, color, person, face)
    made = np.clip((made - BARE) / (COVERED - BARE), 0, 1)
    border = np.minimum(np.arange(SIDE) + 0.5, SIDE - 0.5 - np.arange(SIDE)) / (FADES * SIDE)
    looked = np.clip(np.minimum(border[:, None], border[None]), 0, 1)
    matrix = to_image.copy()
    matrix[:, 2] += to_image[:, :2] @ (0.5, 0.5) - 0.5  # pixel centres; OpenCV counts them at 0
    whole = cv2.warpAffine(np.dstack([made, looked]).astype(np.float32), matrix, color.shape[1::-1])
    return whole[..., 0], whole[..., 1]


def look_at_head(
    network: str, color: np.ndarray, person: np.ndarray, face: FaceLandmarks
) -> tuple[np.ndarray, np.ndarray]:
    """(SIDE,SIDE) probabilities that a network gives the head's square, and (2,3) from its pixels to the picture's; the
    arguments are hair_over's."""
    frame = head_frame(face.points)
    given, to_image = cut(color, frame, SIDE)
    shown = cut(np.dstack([person] * 3), frame, SIDE)[0][..., 0]
    [logits] = networks.network(network)(inputs_of(np.clip(given, 0, 1), shown))
    return 1 / (1 + np.exp(-np.clip(logits.reshape(SIDE, SIDE), -30, 30))), to_image


def head_frame(points: np.ndarray) -> Square:
    """Where the network looks, in pixels of the picture; points: (468,>=2) landmarks there."""
    x0, y0, x1, y1 = box_of(points)
    side, angle = ACROSS * max(x1 - x0, y1 - y0), eye_angle(points)
    x, y = points[[*RIGHT_EYE_CORNERS, *LEFT_EYE_CORNERS], :2].mean(0)
    up = (EYES - 0.5) * side
    return Square(float(x + np.sin(angle) * up), float(y - np.cos(angle) * up), float(side), float(angle))


def inputs_of(color: np.ndarray, person: np.ndarray) -> np.ndarray:
    """(6,S,S) float32: the square's colour, the person in it, and place.

    Args:
        color: (S,S,3) float32 sRGB. person: (S,S) float32 0..1.
    """
    places = np.linspace(-1, 1, len(person))
    x, y = np.meshgrid(places, places)
    return np.concatenate([color.transpose(2, 0, 1), person[None], x[None], y[None]]).astype(np.float32)
