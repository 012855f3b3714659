"""468 face landmarks by MediaPipe's face mesh network, in the coordinates of the image.

The network sees a square of 192 px, turned so that the eyes are level. Where that square lies is guessed first (from a
detector's box, or the whole picture) and then taken from the landmarks themselves, as in MediaPipe's tracking graph
(`face_landmark_landmarks_to_roi.pbtxt`: bounding box, long side, times 1.5, turned by the eyes).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from . import networks
from .landmark_groups import LANDMARKS, LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS, mirror_table

CROP = 192  # the network's input, pixels
MARGIN = 1.5  # the square's side over the long side of the landmarks' box
MIN_PRESENCE = 0.5
STEADY_PRESENCE = 0.9  # above it, presence does not rank two passes


@dataclass(frozen=True)
class FaceLandmarks:
    """A face in an image.

    points: (468, 3) float32; x right, y down in image pixels (pixel centres at +0.5), z in the same scale, negative
        towards the viewer, about 0 at the middle of the head.
    presence: 0..1, the network's own belief that this is a face.
    box: x0, y0, x1, y1 of the landmarks, pixels; may reach beyond the image.
    """

    points: np.ndarray
    presence: float
    box: tuple[float, float, float, float]

    @property
    def size(self) -> float:
        """Long side of the box, pixels."""
        return max(self.box[2] - self.box[0], self.box[3] - self.box[1])

    @property
    def centre(self) -> tuple[float, float]:
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2

    @property
    def square(self) -> Square:
        """Where the network should look to see this face again."""
        return square_around(self.points)

    def scaled(self, factor: float) -> FaceLandmarks:
        """The same face in the image resized by `factor`."""
        left, top, right, bottom = (value * factor for value in self.box)
        return FaceLandmarks(self.points * np.float32(factor), self.presence, (left, top, right, bottom))

    def shifted(self, x: float, y: float) -> FaceLandmarks:
        """The same face in the image moved by (x, y) pixels."""
        x0, y0, x1, y1 = self.box
        return FaceLandmarks(self.points + np.float32([x, y, 0]), self.presence, (x0 + x, y0 + y, x1 + x, y1 + y))

    @property
    def roll(self) -> float:
        """Angle of the eye line in the image, radians, clockwise positive."""
        return eye_angle(self.points)


@dataclass(frozen=True)
class Square:
    """A turned square in the image, pixels and radians."""

    x: float
    y: float
    side: float
    angle: float = 0.0


def eye_angle(points: np.ndarray) -> float:
    right = points[list(RIGHT_EYE_CORNERS), :2].mean(axis=0)
    left = points[list(LEFT_EYE_CORNERS), :2].mean(axis=0)
    return math.atan2(left[1] - right[1], left[0] - right[0])


def square_around(points: np.ndarray) -> Square:
    """The network's square for known landmarks: their box in the frame of the eyes, long side, times 1.5."""
    angle = eye_angle(points)
    cos, sin = math.cos(angle), math.sin(angle)
    turn = np.array([[cos, sin], [-sin, cos]])
    level = points[:, :2] @ turn.T
    low, high = level.min(axis=0), level.max(axis=0)
    x, y = turn.T @ ((low + high) / 2)
    return Square(float(x), float(y), float((high - low).max()) * MARGIN, angle)


def landmarks_in_square(image: np.ndarray, square: Square) -> FaceLandmarks:
    """One pass of the network.

    Args:
        image: (H, W, 3) float32 RGB 0..1 sRGB, or uint8 RGB.
        square: where the face is thought to be.
    """
    crop, to_image = cut(image, square)
    raw_points, raw_presence = networks.network(networks.LANDMARKS)(crop)
    local = raw_points.reshape(LANDMARKS, 3).astype(np.float64)
    points = np.empty((LANDMARKS, 3), np.float32)
    points[:, :2] = local[:, :2] @ to_image[:, :2].T + to_image[:, 2]
    points[:, 2] = local[:, 2] * (square.side / CROP)
    presence = 1 / (1 + math.exp(-float(np.clip(raw_presence.item(), -60, 60))))
    return FaceLandmarks(points, presence, box_of(points))


def refined_landmarks(image: np.ndarray, square: Square) -> FaceLandmarks | None:
    """Landmarks from a rough square, the square then taken from them until it rests; None where no face holds.

    On photographs each pass is as present as the one before. On drawings the squares can drift off the face, so a pass
    that loses the face ends the refinement.
    """
    face = landmarks_in_square(image, square)
    for _ in range(4):
        following = landmarks_in_square(image, face.square)
        if following.presence < min(face.presence, STEADY_PRESENCE):
            break
        previous, square, face = square, face.square, following
        if _near(previous, square):
            break
    return face if face.presence >= MIN_PRESENCE and is_possible(face, image.shape[:2]) else None


def both_ways(image: np.ndarray, face: FaceLandmarks) -> FaceLandmarks:
    """The face read again by both_ways_in its square; as present as it was found."""
    return replace(both_ways_in(image, face.square), presence=face.presence)


def both_ways_in(image: np.ndarray, square: Square) -> FaceLandmarks:
    """The mean of the landmarks in a square and of those in its mirror image, 10 ms: errors that mirror cancel."""
    width = image.shape[1]
    face = landmarks_in_square(image, square)
    mirrored = np.ascontiguousarray(image[:, ::-1])
    other = landmarks_in_square(mirrored, Square(width - square.x, square.y, square.side, -square.angle)).points
    other = other[mirror_table()] * np.float32([-1, 1, 1]) + np.float32([width, 0, 0])
    points = (face.points + other) / 2
    return FaceLandmarks(points, face.presence, box_of(points))


def landmarks_in_view(image: np.ndarray, box: tuple[float, float, float, float] | None = None) -> FaceLandmarks | None:
    """The fast path, about 12 ms: no detector, for views whose face is known to fill the box (or the whole image).

    Args:
        image: (H, W, 3) float32 RGB 0..1 sRGB, or uint8 RGB.
        box: x0, y0, x1, y1 of the face in pixels, roughly; None when the head fills most of the image.

    Returns:
        The first certain face of squares of three sizes, else the most present, else None. Backs of heads reach 0.8.
    """
    height, width = image.shape[:2]
    if box is not None:
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        sides = [max(box[2] - box[0], box[3] - box[1]) * MARGIN * f for f in (1.0, 1.35, 0.75)]
    else:
        x, y = width / 2, height / 2
        sides = [max(height, width) * f for f in (1.0, 0.75, 0.55)]
    best = None
    for side in sides:
        face = refined_landmarks(image, Square(x, y, side))
        if face and (best is None or face.presence > best.presence):
            best = face
        if best and best.presence >= STEADY_PRESENCE:
            break
    return best


def _near(a: Square, b: Square) -> bool:
    reach = 0.03 * max(a.side, b.side)  # a square that moved less gives landmarks within 1 % of the face
    return abs(a.x - b.x) < reach and abs(a.y - b.y) < reach and abs(a.side - b.side) < reach


def is_possible(face: FaceLandmarks, shape: tuple[int, int]) -> bool:
    """Whether the landmarks lie mostly inside the image and are not tiny.

    Their shape says nothing: the network draws a face (0.015 to 0.03 of its size from the canonical one) into anything.
    """
    height, width = shape
    x, y = face.points[:, 0], face.points[:, 1]
    inside = np.mean((x >= 0) & (x < width) & (y >= 0) & (y < height))
    return bool(inside > 0.6 and face.size >= 16)


def box_of(points: np.ndarray) -> tuple[float, float, float, float]:
    (x0, y0), (x1, y1) = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)


def cut(image: np.ndarray, square: Square, size: int = CROP) -> tuple[np.ndarray, np.ndarray]:
    """The square as (size, size, 3) float32 0..1, and the (2, 3) matrix from its pixels to the image's."""
    scale = square.side / size
    cos, sin = math.cos(square.angle) * scale, math.sin(square.angle) * scale
    half = size / 2
    to_image = np.array(
        [[cos, -sin, square.x - cos * half + sin * half], [sin, cos, square.y - sin * half - cos * half]]
    )

    # Only what the square touches, averaged down first: sampling a large face directly would alias.
    reach = square.side * 0.71 + 4
    height, width = image.shape[:2]
    x0, x1 = int(np.clip(square.x - reach, 0, width - 1)), int(np.clip(square.x + reach, 1, width))
    y0, y1 = int(np.clip(square.y - reach, 0, height - 1)), int(np.clip(square.y + reach, 1, height))
    part = np.ascontiguousarray(image[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1), :3])
    shrink = np.ones(2)
    if scale > 2:
        small = (max(1, round(part.shape[1] / scale)), max(1, round(part.shape[0] / scale)))
        shrink = np.array([small[0] / part.shape[1], small[1] / part.shape[0]])
        part = cv2.resize(part, small, interpolation=cv2.INTER_AREA)
    if part.dtype == np.uint8:
        part = part.astype(np.float32) / 255

    # Pixel centres at +0.5 on both sides; OpenCV counts them at 0.
    matrix = to_image.copy()
    matrix[:, 2] = (to_image[:, :2] @ [0.5, 0.5] + to_image[:, 2] - [x0, y0]) * shrink - 0.5
    matrix[:, :2] *= shrink[:, None]
    crop = cv2.warpAffine(
        part, matrix, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    return crop, to_image
