"""Where a drawing has its eyes and its mouth, by what differs from its skin; no network.

The landmark network reads drawings as it would like faces to be, and is sure of it. What is drawn is ink on an even
skin: within the face each part of it belongs to the nearest feature, and its middle is where that feature is drawn.
"""

import cv2
import numpy as np

from ..portrait.landmark_groups import FACE_OVAL, LEFT_BROW, LEFT_EYE, LIPS, RIGHT_BROW, RIGHT_EYE, fill_region
from .landmarks import face_height

#: Pixels of a face's height in which parts are looked for.
TALL = 128
PARTS = {"right eye": RIGHT_EYE, "left eye": LEFT_EYE, "mouth": LIPS}


def find_parts(picture: np.ndarray, points: np.ndarray) -> dict[str, np.ndarray]:
    """How far each drawn part lies from where it is thought: name -> (2,) shift, in face heights.

    Args:
        picture: (H,W,3) float32 sRGB drawing. points: (468,2) pixels where the features are thought to be.
    """
    tall = face_height(points)
    scale = TALL / max(tall, 1.0)
    low = points.min(0) - 0.2 * tall
    size = np.ceil((points.max(0) + 0.2 * tall - low) * scale).astype(int)
    moved = np.array([[scale, 0, -low[0] * scale], [0, scale, -low[1] * scale]])
    small = cv2.warpAffine(picture, moved, tuple(size.tolist()), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    places = (points - low) * scale
    ink = find_lines(small, places)
    rows, columns = np.nonzero(ink)
    if not len(rows):
        return {}
    spots = np.stack([columns, rows], 1) + 0.5
    # brows and nose own ink and are not judged: drawings leave them out or draw them anywhere
    regions = [*PARTS.values(), RIGHT_BROW, LEFT_BROW, (1, 4, 5, 195, 98, 327, 2, 97, 326)]
    away = np.stack([distance_to(ink.shape, places[list(loop)])[rows, columns] for loop in regions], 1)
    owner = away.argmin(1)
    found = {}
    for number, (name, loop) in enumerate(PARTS.items()):
        own = spots[(owner == number) & (away[:, number] < 0.16 * TALL)]  # face heights
        hull = cv2.convexHull(places[list(loop)].astype(np.float32))
        if len(own) > 0.15 * max(cv2.contourArea(hull), 1.0):  # less ink than that is no drawn part
            x, y, width, height = cv2.boundingRect(hull)
            found[name] = (own.mean(0) - (x + width / 2, y + height / 2)) / TALL
    return found


def find_lines(picture: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(H,W) bool: within the face and unlike every fill of its skin."""
    face = fill_region(picture.shape[:2], points, FACE_OVAL) > 0.5
    # outlines and hair are at the rim
    face = cv2.erode(face.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=round(0.05 * TALL)) > 0
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)
    bins = np.round(lab / 6).astype(int)
    kinds, counts = np.unique(bins[face], axis=0, return_counts=True)
    # a fill has 0.12 of the face at least
    fills = kinds[counts > 0.12 * max(int(face.sum()), 1)] * 6.0
    if not len(fills):
        return np.zeros_like(face)
    away = np.min([np.linalg.norm(lab - fill, axis=-1) for fill in fills], 0)
    return face & (away > 14.0)  # CIELAB units from every fill


def distance_to(shape: tuple[int, int], loop: np.ndarray) -> np.ndarray:
    """(H,W) pixels to a region, 0 within its convex hull."""
    filled = np.full(shape, 255, np.uint8)
    cv2.fillConvexPoly(filled, np.rint(cv2.convexHull(loop.astype(np.float32))).astype(np.int32), 0)
    return cv2.distanceTransform(filled, cv2.DIST_L2, 5)
