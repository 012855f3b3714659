"""The person against the background."""

from __future__ import annotations

import cv2
import numpy as np

from . import networks
from .landmarks import FaceLandmarks

NETWORK_SIDE = 256
HEAD_SQUARE = 3.2  # side of the square shown to the network over the face's size: head, hair and shoulders
WORKING_FACE = 224  # pixels: larger faces are judged smaller, and only their edges at full size
FLAT_SPREAD = 0.02  # how far a flat background strays from its colour; drawings 0, their JPEGs 0.01
FLAT_BORDER = 0.6  # share of the picture's border that must have that colour
FLAT_AREA = 0.25  # share of the square about the head; the frame of an old print has none of it


def person_matte(color: np.ndarray, face: FaceLandmarks, alpha: np.ndarray | None = None) -> np.ndarray:
    """(H, W) float32 0..1: the person, hair and clothes included.

    MediaPipe's selfie segmentation sees the whole picture and a square about the head; a guided filter draws its edges
    to the picture's. What the file itself says (alpha), or a background of one flat colour, wins.

    Args:
        color: (H, W, 3) float32 sRGB 0..1.
        face: landmarks in the pixels of `color`.
        alpha: (H, W) float32, 0 where the file says background.
    """
    background = exact_background(color, face)
    y0, y1, x0, x1 = head_square(color.shape[:2], face)
    if background is not None:  # drawings: the network is blind
        person = 1 - background
    else:
        person = _segment(color)
        near = np.ascontiguousarray(color[y0:y1, x0:x1])
        small, factor = shrunk(near, face.size)
        mask = guided(_segment(small), small, near, max(2, round(face.size * factor * 0.03)))
        weight = _window(mask.shape, (y0 > 0, y1 < color.shape[0], x0 > 0, x1 < color.shape[1]))
        person[y0:y1, x0:x1] += weight * (mask - person[y0:y1, x0:x1])
    return person * alpha if alpha is not None else person


def exact_background(color: np.ndarray, face: FaceLandmarks) -> np.ndarray | None:
    """(H, W) float32, 1 on a flat background that a fair part of the head's square has; None where there is none."""
    background = flat_background(color)
    y0, y1, x0, x1 = head_square(color.shape[:2], face)
    return background if background is not None and background[y0:y1, x0:x1].mean() > FLAT_AREA else None


def head_square(shape: tuple[int, int], face: FaceLandmarks) -> tuple[int, int, int, int]:
    """y0, y1, x0, x1 of the square about the head, inside the picture."""
    x, y = face.centre
    half = face.size * HEAD_SQUARE / 2
    x0, y0 = int(np.clip(x - half, 0, shape[1] - 1)), int(np.clip(y - half, 0, shape[0] - 1))
    return y0, int(np.clip(y + half, y0 + 1, shape[0])), x0, int(np.clip(x + half, x0 + 1, shape[1]))


def shrunk(image: np.ndarray, face_size: float) -> tuple[np.ndarray, float]:
    """The image resized so that the face is at most WORKING_FACE pixels, and the factor."""
    factor = min(1.0, WORKING_FACE / face_size)
    if factor == 1:
        return image, factor
    size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA), factor


def flat_background(color: np.ndarray) -> np.ndarray | None:
    """(H, W) float32, 1 on a background of one flat colour that is joined to the border; None where there is none."""
    border = np.concatenate([color[0], color[:, 0], color[:, -1]])  # not the bottom: shoulders
    middle = np.median(border, axis=0)
    if np.mean(np.abs(border - middle).max(axis=1) < FLAT_SPREAD) < FLAT_BORDER:
        return None
    alike = (np.abs(color - middle).max(axis=2) < 2 * FLAT_SPREAD).astype(np.uint8)
    labels = cv2.connectedComponents(alike, connectivity=4)[1]
    joined = np.zeros(labels.max() + 1, np.float32)
    joined[np.concatenate([labels[0], labels[:, 0], labels[:, -1]])] = 1
    joined[0] = 0
    background = joined[labels]
    return cv2.GaussianBlur(background, (3, 3), 0)


def guided(mask: np.ndarray, color: np.ndarray, full: np.ndarray, radius: int, softness: float = 1e-4) -> np.ndarray:
    """The mask at full size, its edges moved to those of the picture's luma (He and Sun: Fast guided filter, 2015).

    Args:
        mask: (h, w) float32 0..1.
        color: (h, w, 3) float32, the picture at the mask's size.
        full: (H, W, 3) float32, the same picture at the size wanted.
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


def _segment(color: np.ndarray) -> np.ndarray:
    """(H, W) float32: the network's person, for a picture of any size."""
    size = (NETWORK_SIDE, NETWORK_SIDE)
    small = cv2.resize(np.ascontiguousarray(color), size, interpolation=cv2.INTER_AREA)
    mask = networks.network(networks.PERSON)(small)[0].reshape(size)
    return np.clip(cv2.resize(mask, color.shape[1::-1], interpolation=cv2.INTER_LINEAR), 0, 1)


def _window(shape: tuple[int, int], fading: tuple[bool, bool, bool, bool]) -> np.ndarray:
    """1, falling to 0 over a tenth at the sides (top, bottom, left, right) where the picture goes on."""
    ramps = []
    for length, (first, last) in zip(shape, (fading[:2], fading[2:]), strict=True):
        steps = np.arange(length) / max(1.0, 0.1 * length)
        ramp = np.minimum(steps if first else 1, steps[::-1] if last else 1)
        ramps.append(np.minimum(ramp, 1) * np.ones(length))
    return np.outer(*ramps).astype(np.float32)
