"""Smooth bending of a picture of the atlas, steered by a few numbers.

Faces differ in where things are as much as in their colours, and what moves costs a linear basis many components. A
canvas that is bent says it in a few (Shu et al., "Deforming Autoencoders", ECCV 2018).
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ..networks.sizes import CANVAS

#: Deviation of the slowest wave, as a share of the atlas, and how fast those of faster ones fall.
REACH, FALL = 0.02, 1.0


@cache
def waves(count: int) -> tuple[np.ndarray, np.ndarray]:
    """The count slowest waves of the atlas (count,CANVAS,CANVAS), periodic across and cosines down, and the deviation
    (count,) of each, as a share of the atlas; float32."""
    at = (np.arange(CANVAS) + 0.5) / CANVAS
    found = []
    for down in range(12):
        for across in range(7):
            speed = (down**2 + (2 * across) ** 2) ** 0.5
            for wave in (np.cos, np.sin) if across else (np.cos,):
                picture = np.cos(np.pi * down * at)[:, None] * wave(2 * np.pi * across * at)[None]
                found.append((speed, picture))
    found = sorted(found, key=lambda one: one[0])[:count]
    deviation = [REACH / (1 + speed / 2) ** FALL for speed, _ in found]
    return np.float32([picture for _, picture in found]), np.float32(deviation)


def flow_of(w: np.ndarray) -> np.ndarray:
    """(CANVAS,CANVAS,2) shares of the atlas, across and down, of (2n,) coefficients of unit deviation."""
    pictures, deviation = waves(len(w) // 2)
    return np.einsum("dn,nhw->hwd", w.reshape(2, -1) * deviation, pictures, optimize=True).astype(np.float32)


def bent(picture: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """(S,S,C) float32: at each texel the picture's colour where the flow (S,S,2) points; around the head sideways.

    Bicubic, written out: OpenCV's places are 32nds of a texel, which Gauss-Newton steps make 7 of 255 at worst.
    """
    size = len(picture)
    at = np.arange(size, dtype=np.float32)
    x, y = at + size * flow[..., 0], at[:, None] + size * flow[..., 1]
    left, top = np.floor(x), np.floor(y)
    made = np.zeros_like(picture)
    for i, down in enumerate(cubic(y - top), -1):
        row = np.clip(top.astype(int) + i, 0, size - 1) * size
        for j, across in enumerate(cubic(x - left), -1):
            near = picture.reshape(size * size, -1).take(row + (left.astype(int) + j) % size, axis=0)
            made += (down * across)[..., None] * near
    return made


def cubic(part: np.ndarray) -> tuple[np.ndarray, ...]:
    """Weights of the texels one before, at, one and two after a place that lies part (…,) 0..1 beyond the second (Keys,
    "Cubic convolution interpolation for digital image processing", 1981, a = -0.75, as OpenCV and torch have it)."""

    def near(x: np.ndarray) -> np.ndarray:
        return (1.25 * x - 2.25) * x * x + 1

    def far(x: np.ndarray) -> np.ndarray:
        return ((-0.75 * x + 3.75) * x - 6) * x + 3

    return far(part + 1), near(part), near(1 - part), far(2 - part)


def undone(flow: np.ndarray, rounds: int = 5) -> np.ndarray:
    """The flow (S,S,2) that bends back, by fixed-point iteration."""
    back = -flow
    for _ in range(rounds):
        back = -bent(flow, back)
    return back
