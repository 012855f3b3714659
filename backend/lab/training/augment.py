"""What a portrait would show of a texture, and other tones and shapes of the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from ...imaging.sample import to_linear, to_srgb
from ...prior.light import harmonics

#: By which features of new identities move, and by which registration is off: standard deviations, shares of the atlas.
SHAPE, MISREGISTERED = 0.012, 0.004


@dataclass(frozen=True)
class Geometry:
    """positions, normals: (S,S,3) canonical. covered: (S,S) bool, where heads have surface."""

    positions: np.ndarray
    normals: np.ndarray
    covered: np.ndarray

    @cached_property
    def harmonics(self) -> np.ndarray:
        """(S,S,9) of the normals."""
        return harmonics(self.normals)

    @classmethod
    def load(cls, path: Path) -> Geometry:
        """Of atlas.npz, or of the sources.npz of a TexHub build."""
        with np.load(path, allow_pickle=False) as data:
            return cls(*(data[key] for key in cls.__dataclass_fields__))


def smooth_noise(random: np.random.Generator, cells: int, size: int) -> np.ndarray:
    """(size,size) float32 of standard deviation about 1, with so many cells per side."""
    coarse = random.normal(0, 1, (cells, cells)).astype(np.float32)
    return cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)


def shifted(pictures: tuple[np.ndarray, ...], random: np.random.Generator, share: float) -> list[np.ndarray]:
    """The pictures (S,S,…), all bent by the same smooth field; share: its standard deviation, of S."""
    size = len(pictures[0])
    y, x = np.mgrid[:size, :size].astype(np.float32)
    x, y = x + share * size * smooth_noise(random, 6, size), y + share * size * smooth_noise(random, 6, size)
    return [
        cv2.remap(np.ascontiguousarray(p, np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for p in pictures
    ]


def new_tone(texture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return tone_of(random)(texture)


def tone_of(random: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
    """Melanin, blood and camera, coarsely: gamma for density, a gain per channel; one draw for several pictures."""
    if random.random() < 0.25:
        return lambda texture: texture
    gamma = np.exp(random.normal(0, 0.22)) * np.exp(random.normal(0, 0.05, 3))
    gain = np.exp(random.normal(0, 0.06)) * np.exp(random.normal(0, 0.03, 3))
    return lambda texture: np.clip(np.clip(texture, 1e-3, 1) ** gamma * gain, 0, 1).astype(np.float32)


def stylise(texture: np.ndarray, style: str, random: np.random.Generator) -> np.ndarray:
    """Small operators on sRGB: flat tones (cartoon), pale and flat (anime), strokes (painting)."""
    if style == "photo":
        return texture
    picture = np.ascontiguousarray(texture, np.float32)
    for _ in range(3):
        picture = cv2.bilateralFilter(picture, 7, 0.12, 5)
    if style == "painting":
        rough = cv2.GaussianBlur(random.normal(0, 1, picture.shape[:2]).astype(np.float32), (0, 0), 1.1)[..., None]
        return np.clip(np.round((picture + 0.03 * rough) * 14) / 14 * 0.7 + picture * 0.3, 0, 1)
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    levels = 12 if style == "cartoon" else 7
    hsv[..., 1] *= random.uniform(1.1, 1.5) if style == "cartoon" else random.uniform(0.6, 1.0)
    hsv[..., 2] = np.round(hsv[..., 2] * levels) / levels * 0.8 + hsv[..., 2] * 0.2
    if style == "anime":
        hsv[..., 2] = 1 - (1 - hsv[..., 2]) * 0.6
    return np.clip(cv2.cvtColor(np.clip(hsv, 0, (360, 1, 1)).astype(np.float32), cv2.COLOR_HSV2RGB), 0, 1)


def seen_texture(
    texture: np.ndarray,
    confidence: np.ndarray,
    geometry: Geometry,
    random: np.random.Generator,
    light: np.ndarray | None = None,
):
    """(S,S,3) colour and (S,S) confidence as the pipeline would hand them over: leftover light, misregistration, noise.

    Args:
        light: (S,S,3) what is left of a real portrait's light, linear; without it one is drawn.
    """
    colour = texture
    if light is None:
        drawn = np.eye(9)[0] + random.normal(0, 1, 9) * [0.06, 0.06, 0.04, 0.04, 0.03, 0.02, 0.03, 0.02, 0.01]
        light = np.clip(geometry.harmonics @ drawn.astype(np.float32), 0.5, 1.5)[..., None]
    colour = to_srgb(to_linear(colour) * light)
    if random.random() < 0.7:
        (colour,) = shifted((colour,), random, MISREGISTERED)
    colour = colour + 0.008 * random.standard_normal(colour.shape, np.float32)
    return np.clip(colour, 0, 1).astype(np.float32), confidence
