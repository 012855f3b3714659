"""Pixel art: big square texels, a small palette, ordered dither."""

import cv2
import numpy as np

from .tools import feature_lines, inked, number, saturated, smooth_colours

#: Bayer's 4x4 thresholds, -0.5 to 0.5.
BAYER = (np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) + 0.5) / 16 - 0.5


def draw(random: np.random.Generator) -> dict:
    """across: big texels per side; colours of the palette; dither; outline."""
    return {
        "across": int(random.choice([64, 64, 85, 128])),
        "colours": int(random.integers(8, 25)),
        "dither": number(random, 0.0, 0.07),
        "colour": number(random, 1.1, 1.5),
        "outline": number(random, 0.6, 1.0),
    }


def paint(texture: np.ndarray, regions, parameters: dict) -> np.ndarray:
    size = regions.size
    rows, columns = (max(1, round(min(parameters["across"], size) * side / size)) for side in texture.shape[:2])
    outline = parameters["outline"] * feature_lines(regions, 2.2)
    drawn = inked(smooth_colours(texture, 2, size=size), outline, [0.08, 0.05, 0.06])
    small = saturated(cv2.resize(drawn, (columns, rows), interpolation=cv2.INTER_AREA), parameters["colour"])
    dither = np.tile(BAYER, (rows // 4 + 1, columns // 4 + 1))[:rows, :columns, None] * parameters["dither"]
    palette = median_cut(small.reshape(-1, 3), parameters["colours"])
    wanted = np.clip(small + dither, 0, 1).reshape(-1, 1, 3)
    nearest = ((wanted - palette[None]) ** 2).sum(2).argmin(1)
    chosen = palette[nearest].reshape(rows, columns, 3)
    return cv2.resize(chosen, texture.shape[1::-1], interpolation=cv2.INTER_NEAREST)


def median_cut(colours: np.ndarray, count: int) -> np.ndarray:
    """(count,3) palette: the box with the widest spread is halved at its median (Heckbert 1982)."""
    boxes = [colours]
    while len(boxes) < count:
        wide = int(np.argmax([np.ptp(box, axis=0).max() * len(box) ** 0.5 if len(box) > 1 else 0 for box in boxes]))
        box = boxes.pop(wide)
        axis = int(np.argmax(np.ptp(box, axis=0)))
        box = box[np.argsort(box[:, axis], kind="stable")]
        boxes += [box[: len(box) // 2], box[len(box) // 2 :]]
    return np.array([box.mean(0) for box in boxes if len(box)], np.float32)
