"""What lies under a landmark: a small window of a render, read with care for folds and silhouettes."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Windows:
    """The surface in the windows of n landmarks.

    found: (n,) bool, whether there is any. depth: (n,) median of the nearest third. spread: (n,) farthest less nearest.
    normals: (n,3) unit means. share: (n,) 0..1, how much of the window is surface.
    """

    found: np.ndarray
    depth: np.ndarray
    spread: np.ndarray
    normals: np.ndarray
    share: np.ndarray


def read_windows(points: np.ndarray, depth: np.ndarray, normals: np.ndarray) -> Windows:
    """Read the windows around (n,2) pixels of a (H,W) depth, smaller is nearer and inf is nothing, and (H,W,3) normals.

    The nearest third counts: an eyelid's landmark must not fall into the socket behind it.
    """
    height, width = depth.shape
    step = np.arange(-2, 3)  # pixels
    column, row = np.floor(points).astype(int).T
    rows = np.repeat(row[:, None] + step, len(step), 1)
    columns = np.tile(column[:, None] + step, len(step))
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    rows, columns = np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)
    near = np.sort(np.where(inside, depth[rows, columns], np.inf), 1)
    surface = inside & np.isfinite(depth[rows, columns])
    count = surface.sum(1)
    third, every = np.maximum(count // 3, 1), np.arange(len(points))
    median = (near[every, (third - 1) // 2] + near[every, third // 2]) / 2
    found = count > 0
    spread = near[every, np.maximum(count - 1, 0)] - np.where(found, near[:, 0], 0)
    mean = (normals[rows, columns] * surface[..., None]).sum(1)
    mean = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)
    return Windows(found, np.where(found, median, 0), spread, mean, count / np.maximum(inside.sum(1), 1))
