"""YuNet: where faces may be, in a few milliseconds (Wu, Peng, Yu: YuNet: a tiny millisecond-level face detector, 2023).

Its graph says for each cell of three grids whether a face is centred there, and its box and points beside the cell.
What OpenCV's FaceDetectorYN makes of them is done here, to the bit of its boxes' overlaps.
"""

import numpy as np

from . import networks

STRIDES = (8, 16, 32)  # pixels of a cell
OVERLAP = 0.3  # of two boxes over their union, above which the less sure one is the same face


def detect(bgr: np.ndarray, least: float) -> np.ndarray:
    """(N, 15) float32, best first: x, y, width, height, five points (right eye first), score; in pixels of the image.

    Args:
        bgr: (H, W, 3) uint8. least: score, 0..1.
    """
    height, width = (-(-side // STRIDES[-1]) * STRIDES[-1] for side in bgr.shape[:2])
    padded = np.zeros((3, height, width), np.float32)
    padded[:, : bgr.shape[0], : bgr.shape[1]] = bgr.transpose(2, 0, 1)
    outputs = [output[0] for output in networks.network(networks.DETECTOR)(padded)]
    found = []
    for level, stride in enumerate(STRIDES):
        face, there, box, points = outputs[level::3]
        score = np.sqrt(np.clip(face, 0, 1) * np.clip(there, 0, 1))[:, 0]
        cells = np.flatnonzero(score >= least)
        place = np.stack([cells % (width // stride), cells // (width // stride)], 1)
        size = np.exp(box[cells, 2:]) * stride
        corner = (place + box[cells, :2]) * stride - size / 2
        points = (points[cells] + np.tile(place, 5)) * stride
        found.append(np.concatenate([corner, size, points, score[cells, None]], 1))
    return separate(np.concatenate(found).astype(np.float32))


def separate(faces: np.ndarray) -> np.ndarray:
    """The rows of detect, best first, without those that lie on a better one; in whole pixels, as OpenCV counts."""
    faces = faces[np.argsort(-faces[:, 14], kind="stable")]
    low, size = (faces[:, some].astype(int) for some in (slice(0, 2), slice(2, 4)))
    area, left, kept = size.prod(1), np.arange(len(faces)), []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        high = np.minimum(low[best] + size[best], low[left] + size[left])
        both = np.maximum(0, high - np.maximum(low[best], low[left])).prod(1)
        left = left[both <= OVERLAP * np.maximum(1, area[best] + area[left] - both)]
    return faces[kept]
