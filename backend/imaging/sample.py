"""Sampling pictures at places, with the one convention of pixel centres at +0.5."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

#: cv2.remap indexes with 16 bits: places are handed over in rows of this many.
ROW = 16_384
#: Columns that an atlas is continued by for its interpolation.
PAD = 4
#: Exponent that brings linear light near sRGB.
GAMMA = 2.2
#: Lightness of sRGB values, near enough (Rec. 601).
LUMINANCE = np.float32([0.299, 0.587, 0.114])


def sample(
    picture: np.ndarray, places: np.ndarray, interpolation: int = cv2.INTER_LINEAR, border: int = cv2.BORDER_REPLICATE
) -> np.ndarray:
    """(…,C) float32 values of a (H,W,C) or (H,W) picture at (…,2) pixel places, x right, y down."""
    grid = _grid(places.size // 2)
    np.subtract(places.reshape(-1, 2).T, 0.5, out=grid[:, : places.size // 2])
    return _looked_up(picture, grid, places.shape[:-1], interpolation, border)


def _grid(count: int) -> np.ndarray:
    """(2,m) float32 for count columns and rows, m a multiple of ROW; zero beyond."""
    grid = np.empty((2, -(-count // ROW) * ROW), np.float32)
    grid[:, count:] = 0
    return grid


def _looked_up(
    picture: np.ndarray, grid: np.ndarray, shape: tuple[int, ...], interpolation: int, border: int
) -> np.ndarray:
    """(*shape,C) float32 values at (2,m) columns and rows of pixels."""
    x, y = grid.reshape(2, -1, ROW)
    channels, count = picture.shape[2:], math.prod(shape)
    if not count:
        return np.zeros((*shape, *channels), np.float32)
    out = cv2.remap(picture, x, y, interpolation, borderMode=border)
    return out.astype(np.float32, copy=False).reshape(-1, *channels)[:count].reshape(*shape, *channels)


@dataclass(frozen=True)
class Wrapped:
    """An atlas picture that is often looked up. picture: (H,W+2*PAD,C), with PAD of its columns beyond each side."""

    picture: np.ndarray

    @classmethod
    def of(cls, picture: np.ndarray) -> Wrapped:
        return cls(np.concatenate([picture[:, -PAD:], picture, picture[:, :PAD]], 1))


def sample_atlas(
    picture: np.ndarray | Wrapped, places: np.ndarray, interpolation: int = cv2.INTER_LINEAR
) -> np.ndarray:
    """(…,C) values of an atlas picture at (…,2) atlas coordinates; longitude wraps, latitude stops."""
    wrapped = picture if isinstance(picture, Wrapped) else Wrapped.of(picture)
    height, width = wrapped.picture.shape[:2]
    u, v = places.reshape(-1, 2).T
    grid = _grid(len(u))
    inside = grid[:, : len(u)]
    np.subtract(u, np.floor(u), out=inside[0])
    inside[0] *= width - 2 * PAD
    inside[0] += PAD - 0.5
    np.multiply(v, height, out=inside[1])
    inside[1] -= 0.5
    return _looked_up(wrapped.picture, grid, places.shape[:-1], interpolation, cv2.BORDER_REPLICATE)


def planar(values: np.ndarray) -> np.ndarray:
    """(n,C) with each channel in one piece of memory: what is reckoned with one value per texel is then four times as
    fast."""
    return np.asfortranarray(values)


def picked(values: np.ndarray, index: np.ndarray) -> np.ndarray:
    """(m,C) of (n,C) planar() values by their (m,) numbers, planar."""
    return values.T.take(index, 1).T


def luminance(srgb: np.ndarray) -> np.ndarray:
    """(n,) of (n,3) planar() sRGB."""
    return np.einsum("nc,c->n", srgb, LUMINANCE)


def add_at(total: np.ndarray, index: np.ndarray, values: np.ndarray) -> None:
    """Add (m,C) values to a planar() total (n,C) at (m,) numbers, of which none comes twice."""
    for plane, own in zip(total.T, values.T, strict=True):
        plane[index] += own


def masked_blur(picture: np.ndarray, mask: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian blur of masked pixels only: sum(G m I) / sum(G m); the picture itself where none is near."""
    weight = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma)
    total = cv2.GaussianBlur((picture * mask[..., None]).astype(np.float32), (0, 0), sigma).reshape(picture.shape)
    return np.where(weight[..., None] > 1e-3, total / np.maximum(weight[..., None], 1e-3), picture)


def disc(radius: float) -> np.ndarray:
    """uint8 kernel of OpenCV's morphology, so many pixels to all sides, one at least."""
    side = 2 * max(1, round(radius)) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))


def to_linear(srgb: np.ndarray) -> np.ndarray:
    """sRGB to linear light (IEC 61966-2-1), over 1 where it is."""
    srgb = np.maximum(srgb, 0)
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4).astype(np.float32)


def to_srgb(linear: np.ndarray, most: float = 1.0) -> np.ndarray:
    """Linear light to sRGB (IEC 61966-2-1); what is over most is most."""
    linear = np.clip(linear, 0, most)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055).astype(np.float32)


def fill_smoothly(texture: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(S,S,C) float32: every unknown texel takes the mean of known ones about as far around it as the nearest lies.

    Push-pull (Gortler et al. 1996, section 3.4): means of known texels at half the size, again and again, then back.
    """
    if known.all() or not known.any():
        return texture
    finest = np.zeros(texture.shape, np.float32)
    levels = [(_put(texture.astype(np.float32, copy=False), known, finest), known.astype(np.float32))]
    while min(levels[-1][1].shape) > 1 and levels[-1][1].min() < 1:
        colour, weight = levels[-1]
        size = tuple((side + 1) // 2 for side in weight.shape[::-1])
        colour, weight = (cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in (colour, weight))
        # a texel with any that are known beneath it is known: what lies beside an island is the island's own colour
        some = (weight > 0).astype(np.float32)
        colour *= (some / np.maximum(weight, np.float32(1e-6))).reshape(some.shape + (1,) * (colour.ndim - 2))
        levels.append((colour, some))
    below = levels.pop()[0]
    for colour, weight in reversed(levels):
        below = cv2.resize(below, weight.shape[::-1], interpolation=cv2.INTER_LINEAR).reshape(colour.shape)
        below = _put(below, weight == 0, colour)
    return below


def _put(values: np.ndarray, where: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """(S,S,C) onto, with values where (S,S) bool says so; on all cores."""
    return cv2.copyTo(values, where.view(np.uint8), onto)


def spread(texture: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Every unknown texel takes its nearest known one, so that no filter bleeds a background in."""
    if known.all() or not known.any():
        return texture
    filled = texture.copy()
    filled[~known] = texture.reshape(-1, 3)[nearest_known(known)]
    return filled


def nearest_known(known: np.ndarray) -> np.ndarray:
    """(k,) int64: for each unknown texel of a mask (H,W), row by row, the flat index of the nearest known one."""
    _, labels = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    owner = np.zeros(labels.max() + 1, np.int64)
    owner[labels[known]] = np.flatnonzero(known)
    return owner[labels[~known]]


def scatter(places: np.ndarray, values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """(k,h,w) float32 sums, by cell, of (k,n) values at (n,2) places in cells; others are left out."""
    column, row = np.floor(places).astype(int).T
    inside = (column >= 0) & (row >= 0) & (column < shape[1]) & (row < shape[0])
    cell = (row * shape[1] + column)[inside]
    sums = [np.bincount(cell, one[inside], minlength=shape[0] * shape[1]) for one in values]
    return np.stack(sums).reshape(-1, *shape).astype(np.float32)
