"""Names for the 468 landmarks: closed outlines of face regions, the mirror table, the canonical face.

Indices are those of MediaPipe's face mesh (`face_mesh_connections.py` of the mediapipe 0.10.21 wheel, Apache-2.0),
its edge lists chained into closed loops. "Left" and "right" are the person's own; the right eye is on the left of
an ordinary photograph.
"""

import functools
from pathlib import Path

import cv2
import numpy as np

from ..verified import verified_arrays

LANDMARKS = 468

FACE_OVAL = (
    10,
    338,
    297,
    332,
    284,
    251,
    389,
    356,
    454,
    323,
    361,
    288,
    397,
    365,
    379,
    378,
    400,
    377,
    152,
    148,
    176,
    149,
    150,
    136,
    172,
    58,
    132,
    93,
    234,
    127,
    162,
    21,
    54,
    103,
    67,
    109,
)
RIGHT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
LEFT_EYE = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
RIGHT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
LEFT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
INNER_LIPS = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)

# Patches of bare skin, away from beard, fringe, nostrils and spectacle rims: the seeds of the skin colour.
RIGHT_CHEEK = (118, 101, 36, 205, 187, 123, 117)
LEFT_CHEEK = (347, 330, 266, 425, 411, 352, 346)
NOSE_BRIDGE = (6, 122, 196, 3, 51, 45, 4, 275, 281, 248, 419, 351)
FOREHEAD = (151, 108, 69, 104, 105, 66, 107, 9, 336, 296, 334, 333, 299, 337)

# The two eye corners, outer then inner, per eye: the line between their means is the face's horizontal.
RIGHT_EYE_CORNERS = (33, 133)
LEFT_EYE_CORNERS = (263, 362)


@functools.cache
def canonical_face() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """MediaPipe's canonical face: a mean face, exactly symmetric about x = 0.

    Returns:
        points (468, 3) float32, centimetres, x towards the viewer's right, y up, z towards the viewer;
        triangles (898, 3) int64, counter-clockwise seen from the front;
        texture coordinates (468, 2) float32.

    Source: `geometry_pipeline_metadata_landmarks.binarypb` in npm @mediapipe/face_mesh 0.4.1657299874, Apache-2.0.
    """
    stored = verified_arrays(Path(__file__).with_name("canonical_face.npz"))
    return stored["points"], stored["triangles"].astype(np.int64), stored["uv"]


@functools.cache
def mirror_table() -> np.ndarray:
    """(468,) int64: the landmark on the other side of the face; the 28 of the middle line map to themselves."""
    points = canonical_face()[0]
    mirrored = points * np.float32([-1, 1, 1])
    return np.linalg.norm(points[:, None] - mirrored[None], axis=2).argmin(axis=1)


def fill_region(shape: tuple[int, int], points: np.ndarray, *loops: tuple[int, ...]) -> np.ndarray:
    """(H, W) float32 coverage 0..1 of the outlines, anti-aliased; OpenCV counts the outline's own half pixel in.

    Args:
        shape: height and width of the image.
        points: (468, >=2) landmarks in image pixels (centres of pixels at +0.5).
        loops: index loops of this module.
    """
    mask = np.zeros(shape, np.uint8)
    for loop in loops:
        outline = np.round((points[list(loop), :2] - 0.5) * 16).astype(np.int32)
        cv2.fillPoly(mask, [outline], 255, lineType=cv2.LINE_AA, shift=4)
    return mask.astype(np.float32) / 255
