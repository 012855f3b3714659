"""Hands and other things before a face, drawn."""

from __future__ import annotations

import cv2
import numpy as np

from .hats import places
from .spectacles import noise
from .wigs import Scene

#: A hand's bones in its own frame, of the palm's size: start, end, radius; palm, thumb, fingers.
PALM = (((-0.05, -0.03), (0.05, -0.03), 0.15), ((-0.05, 0.06), (0.05, 0.06), 0.1))
LENGTHS, ROOT = (0.32, 0.37, 0.35, 0.27), 0.10


def hand_over(scene: Scene, random: np.random.Generator) -> None:
    """A hand with its wrist before the lower face or a cheek, of the person's own skin or another's."""
    x, y = places(scene)
    at = random.uniform(-0.45, 0.45), random.uniform(0.05, 0.8)
    turn, grow = np.radians(random.normal(0, 40)), random.uniform(0.7, 1.15)
    u, v = (x - at[0]) / grow, -(y - at[1]) / grow
    u, v = u * np.cos(turn) + v * np.sin(turn), v * np.cos(turn) - u * np.sin(turn)
    u = u * random.choice([-1, 1])
    spread, bent = random.uniform(0.0, 0.22), random.uniform(0.3, 1)
    bones = [*PALM, ((-0.10, 0.02), (-0.10 - 0.16 * bent, 0.02 + 0.18 * bent), 0.05)]
    bones.append(((0, -0.05), (random.normal(0, 0.1), -1.2), random.uniform(0.09, 0.13)))  # the arm
    for k, length in enumerate(LENGTHS):
        root, lean, far = (-0.12 + 0.08 * k, ROOT), spread * (k - 1.5), length * bent
        bones.append((root, (root[0] + far * np.sin(lean), root[1] + far * np.cos(lean)), 0.042))
    near, cover, light = np.full(x.shape, -np.inf, np.float32), np.zeros(x.shape, np.float32), np.zeros_like(x)
    for start, end, radius in bones:
        bone = np.subtract(end, start)
        along = np.clip(((u - start[0]) * bone[0] + (v - start[1]) * bone[1]) / (bone @ bone), 0, 1)
        away = np.hypot(u - start[0] - along * bone[0], v - start[1] - along * bone[1])
        inside = (radius - away) / radius
        cover = np.maximum(cover, np.clip((radius - away) * grow * scene.size / 1.5 + 0.5, 0, 1))
        light = np.where(inside > near, np.sqrt(np.clip(inside * (2 - inside), 0.02, 1)), light)
        near = np.maximum(near, inside)
    tone = scene.skin * np.exp(random.normal(0, 0.15)) * np.exp(random.normal(0, 0.04, 3))
    shade = 1 - random.uniform(0.2, 0.7) * (1 - light) + 0.05 * noise(random, 20, x.shape)
    sleeve = (v < random.uniform(-0.6, -0.2))[..., None] * (random.random() < 0.5)
    layer = np.where(sleeve, random.random(3), tone) * shade[..., None]
    scene.lay(cover, np.clip(layer, 0, 1).astype(np.float32), random)


def thing_over(scene: Scene, other: np.ndarray, random: np.random.Generator) -> None:
    """A cup, a telephone, a microphone, a flower: some shape of some colour, or a patch of another picture."""
    x, y = places(scene)
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
