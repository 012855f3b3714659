"""Masks that hide a part of what a portrait shows: what stays is evidence, the rest is the truth to be made again."""

from __future__ import annotations

import cv2
import numpy as np

from .augment import smooth_noise

#: Share of the seen texels that is hidden, and softness of its border, as a share of the field's spread.
HIDDEN, SOFT = (0.25, 0.8), (0.02, 0.6)
#: Rows of the atlas between eyes and mouth, and how far from the middle the face's sides begin.
MIDDLE, SIDES = 0.5, 0.09
KINDS = ("half", "sides", "middle", "level", "slanted", "blobs", "spots")


def hide(confidence: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(S,S) float32 0..1: how much of each texel stays, for (S,S) confidence. Places are shares of the atlas."""
    field = draw_field(len(confidence), random)
    few = field[::4, ::4].ravel()
    order = np.argsort(few)
    shown = np.cumsum(confidence[::4, ::4].ravel()[order])
    at = min(int(np.searchsorted(shown, random.uniform(*HIDDEN) * shown[-1])), few.size - 1)
    soft = few.std() * np.exp(random.uniform(*np.log(SOFT)))
    return np.clip((field - few[order[at]]) / soft + 0.5, 0, 1).astype(np.float32)


def draw_field(size: int, random: np.random.Generator) -> np.ndarray:
    """(size,size) of which the lowest values are hidden first."""
    v, u = (np.mgrid[:size, :size].astype(np.float32) + 0.5) / size - 0.5
    kind = random.choice(KINDS)
    sign = random.choice([-1, 1])
    if kind == "half":
        return sign * u
    if kind == "level":
        return sign * v
    if kind == "slanted":
        angle = random.uniform(0, 2 * np.pi)
        return np.cos(angle) * u + np.sin(angle) * v
    if kind in ("sides", "middle"):
        return (1 if kind == "middle" else -1) * np.abs(u)
    return smooth_noise(random, int(random.integers(4, 8) if kind == "blobs" else random.integers(9, 20)), size)


def fixed(size: int) -> dict[str, np.ndarray]:
    """Name -> (size,size) float32 0 or 1, what stays: the masks that are scored."""
    v, u = (np.mgrid[:size, :size].astype(np.float32) + 0.5) / size
    stays = {"half": u < 0.5, "sides": np.abs(u - 0.5) < SIDES, "lower": v < MIDDLE, "upper": v > MIDDLE}
    return {name: one.astype(np.float32) for name, one in stays.items()}


def seen_share(confidence: np.ndarray, size: int) -> np.ndarray:
    """(size,size) of (S,S)."""
    return cv2.resize(confidence.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
