"""What lies about eyes, to draw glasses on, and how lines and areas are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass
class Scene:
    """color: (H,W,3) float32 sRGB. head, hidden: (H,W) 0..1. depth: (H,W) in face heights, inf where
    nothing is before the camera. camera: (3,4) from the head's right, up and front, in face heights from between the
    eyes, to homogeneous pixels. marks: (468,3) landmarks there."""

    color: np.ndarray
    head: np.ndarray
    hidden: np.ndarray
    depth: np.ndarray
    camera: np.ndarray
    marks: np.ndarray

    def project(self, local: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,2) pixels of (n,3) of the head's space, and (n,) whether the head hides them."""
        seen = local @ self.camera[:, :3].T + self.camera[:, 3]
        flat = (seen[:, :2] / seen[:, 2:]).astype(np.float32)
        x = np.clip(np.rint(flat[:, 0]).astype(int), 0, self.color.shape[1] - 1)
        y = np.clip(np.rint(flat[:, 1]).astype(int), 0, self.color.shape[0] - 1)
        return flat, self.depth[y, x] < seen[:, 2] - 0.02

    @property
    def points(self) -> np.ndarray:
        return self.project(self.marks)[0]

    @property
    def height(self) -> float:
        """Pixels of one face height."""
        return float(np.linalg.norm(np.diff(self.project(self.marks[[10, 152]])[0], axis=0)))


def noise(random: np.random.Generator, cells: int, shape: tuple[int, int]) -> np.ndarray:
    """(H,W) smooth, of standard deviation about 1."""
    rows = max(2, round(cells * shape[0] / shape[1]))
    return cv2.resize(random.normal(0, 1, (rows, cells)).astype(np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC)


def line(cover: np.ndarray, points: np.ndarray, thick: float, closed: bool = False, value: float = 255) -> None:
    cv2.polylines(cover, [np.rint(points * 16).astype(np.int32)], closed, value, max(1, round(thick)), cv2.LINE_AA, 4)


def fill(shape: tuple[int, int], points: np.ndarray) -> np.ndarray:
    cover = np.zeros(shape, np.uint8)
    cv2.fillPoly(cover, [np.rint(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return cover.astype(np.float32) / 255


def over(color: np.ndarray, cover: np.ndarray, colour: np.ndarray) -> None:
    """Lay a colour (3,), (H,1,3) or (H,W,3) over the picture, in place."""
    rows, columns = (np.flatnonzero(cover.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    colour = np.broadcast_to(np.asarray(colour, np.float32), color.shape)[part]
    color[part] += cover[part][..., None].astype(np.float32) * (colour - color[part])
