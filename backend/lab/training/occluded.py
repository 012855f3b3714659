"""Hands and other things before a face."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .draw_hands import SHOWN, SIDE, WRIST
from .sample_shards import shards_of
from .spectacles import noise
from .wigs import Scene

#: Decimetres from the wrist to the fingers' ends; share of arms in sleeves.
LONG, SLEEVED = 1.9, 0.5


@dataclass(frozen=True)
class Hand:
    """light and cover: (S,S) float32 0..1, of draw_hands.py."""

    light: np.ndarray
    cover: np.ndarray


def read_hands(folder: Path) -> list[Hand]:
    """Of `parse hands`."""
    return [
        Hand(*(part.astype(np.float32) / 255 for part in pair))
        for shard in shards_of(folder, "hands", "parse hands")
        for pair in zip(shard["light"], shard["cover"], strict=True)
    ]


def hand_over(scene: Scene, hand: Hand, random: np.random.Generator) -> None:
    """A hand with its arm before a face, of the person's own skin or another's, in a sleeve now and then."""
    shape = scene.hair.shape
    scale = random.uniform(0.75, 1.15) * scene.size * SHOWN / (LONG * SIDE)
    turn = np.radians(random.normal(0, 45))
    matrix = scale * np.float32([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix[:, 0] *= random.choice([-1, 1])
    knuckles = np.float32([SIDE / 2, SIDE * (WRIST - 1 / SHOWN)])
    at = scene.middle + scene.size * np.float32([random.normal(0, 0.35), random.uniform(-0.25, 0.9)])
    matrix = np.c_[matrix, at - matrix @ knuckles].astype(np.float32)
    light = cv2.warpAffine(np.maximum(hand.light, 0.1), matrix, shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpAffine(hand.cover, matrix, shape[::-1])
    tone = scene.skin * np.exp(random.normal(0, 0.15)) * np.exp(random.normal(0, 0.04, 3))
    shade = light ** random.uniform(0.5, 1.5) * (1 + random.uniform(0, 0.06) * noise(random, 20, shape))
    layer = tone * shade[..., None]
    if random.random() < SLEEVED:
        rows = np.repeat(np.arange(SIDE, dtype=np.float32)[:, None] / SIDE, SIDE, 1)
        rows = cv2.warpAffine(rows, matrix, shape[::-1], borderMode=cv2.BORDER_REPLICATE)
        sleeve = np.clip((rows - WRIST - random.uniform(0.02, 0.2)) * 60, 0, 1)[..., None]
        layer = layer + sleeve * (random.random(3) * shade[..., None] - layer)
    scene.lay(cover, np.clip(layer, 0, 1).astype(np.float32), random)


def thing_over(scene: Scene, other: np.ndarray, random: np.random.Generator) -> None:
    """A cup, a telephone, a microphone, a flower: some shape of some colour, or a patch of another picture."""
    x, y = scene.places()
    at_x, at_y = random.normal(0, 0.35), random.uniform(0.0, 0.9)
    wide, high = random.uniform(0.06, 0.3, 2)
    turn, power = random.uniform(0, np.pi), random.choice([2, 2.5, 6])
    u = ((x - at_x) * np.cos(turn) + (y - at_y) * np.sin(turn)) / wide
    v = ((y - at_y) * np.cos(turn) - (x - at_x) * np.sin(turn)) / high
    u, v = (part + random.uniform(0, 0.15) * noise(random, 7, x.shape) for part in (u, v))
    body = np.abs(u) ** power + np.abs(v) ** power < 1
    if random.random() < 0.5:  # what it stands on, or hangs from
        body |= (np.abs(x - at_x) < random.uniform(0.02, 0.08)) & (y > at_y)
    cover = cv2.GaussianBlur(body.astype(np.float32), (0, 0), random.uniform(0.5, 1.5))
    light = np.exp(random.uniform(0, 0.5) * noise(random, int(random.integers(3, 30)), x.shape) - 0.3 * u**2 * body)
    layer = random.random(3) * light[..., None]
    if random.random() < 0.3:
        layer = np.rot90(other, int(random.integers(4)))[: len(x)]
    scene.lay(cover, np.clip(layer, 0, 1).astype(np.float32), random)
