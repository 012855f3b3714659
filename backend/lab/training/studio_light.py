"""Lights that a nine-number fit cannot undo, drawn onto a head in the atlas: lamps of any size and colour, shadows that
the head and what stands before it cast, highlights on oily skin, and what a camera makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..texhub.lights import tint
from .augment import smooth_noise
from .studio_heads import LitHead, directions, frame

#: Chances of a second lamp, and a third; of coloured lamps; of something before the key lamp; of highlights.
LAMPS, COLOURED, OCCLUDED, GLOSSY = (0.55, 0.2), 0.3, 0.55, 0.75
#: Share of lights that smooth light explains, and the sharpest lamp of those: what is left there is the skin's own.
QUIET, WIDE = 0.3, 8.0
#: Texels per side and half width in face heights of what stands before a lamp.
SCREEN, EXTENT = 160, 1.2
#: Reach of light below the skin, red first, in texels.
BELOW = (0.9, 0.5, 0.35)
#: Reflectance of skin that is looked at straight (Weyrich et al. 2006), and how much rougher skin is than its mesh.
FRESNEL, ROUGH = 0.028, 0.10
EYES = ((-0.17, 0.16), (0.17, 0.16))


@dataclass(frozen=True)
class Lit:
    """irradiance, gloss: (S,S,3) linear, 1 being a good exposure. cast: (S,S) 0..1, the share of the light that does
    not arrive for a shadow."""

    irradiance: np.ndarray
    gloss: np.ndarray
    cast: np.ndarray

    def seen(self, albedo: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """(S,S,3) linear light that a camera keeps of linear albedo (S,S,3): some bend what is bright."""
        light = albedo * self.irradiance + self.gloss
        if random.random() < 0.6:
            knee = random.uniform(0.6, 0.95)
            above = np.maximum(light - knee, 0)
            light = np.minimum(light, knee) + (1 - knee) * (1 - np.exp(-above / (1 - knee)))
        return np.clip(light, 0, 1)


def draw_lit(head: LitHead, view: np.ndarray, shown: np.ndarray, random: np.random.Generator) -> Lit:
    """A light on a head.

    Args:
        view: (3,) from the face to the camera, face axes. shown: (S,S) 0..1, what the camera is exposed for.
    """
    warm, around = float(random.normal(0, 0.10)), directions()
    sky = random.uniform(0.1, 0.9) * np.array(tint(-warm / 2, random), np.float32)
    open_ = open_sky(head, around) ** random.uniform(0.3, 1.2)
    up = 1 + random.uniform(0, 0.4) * head.normals[..., 1]
    free = (sky * (up * open_)[..., None]).astype(np.float32)
    lit, gloss, lost = free.copy(), np.zeros_like(free), np.zeros_like(free)
    quiet = random.random() < QUIET
    glossy, normals = not quiet and random.random() < GLOSSY, None
    if glossy:
        bumps = np.stack([smooth_noise(random, 40, len(shown)) for _ in range(3)], -1)
        normals = head.normals + ROUGH * random.random() * bumps
        normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-6)
        oil = random.uniform(0.3, 6) * np.exp(0.5 * smooth_noise(random, 5, len(shown)))
        power = np.exp(random.uniform(np.log(6), np.log(70)))
    for number in range(1 + sum(random.random() < chance for chance in LAMPS)):
        azimuth, elevation = (
            (random.normal(0, 50), random.normal(30, 24))
            if not number
            else (random.uniform(-110, 110), random.normal(12, 25))
        )
        a, e = np.radians([azimuth, np.clip(elevation, -25, 85)])
        toward = np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
        colour = np.exp(random.normal(0, 0.3, 3)) if random.random() < COLOURED else tint(warm * (-1) ** number, random)
        strength = np.array(colour, np.float32) * (random.uniform(0.4, 2.2) if not number else random.uniform(0.1, 1.0))
        full, arrived, direction = lamp(
            head, around, toward, np.exp(random.uniform(np.log(3), np.log(WIDE if quiet else 900)))
        )
        if not number and not quiet and random.random() < OCCLUDED:
            arrived = arrived * through(head.positions, direction, random)
        free = free + full[..., None] * strength
        lit = lit + arrived[..., None] * strength
        if glossy:
            half = direction + view
            half = half / np.linalg.norm(half)
            lobe = np.clip(normals @ half.astype(np.float32), 0, 1) ** power * (power + 8) / (8 * np.pi) * np.pi
            fresnel = FRESNEL + (1 - FRESNEL) * (1 - float(direction @ half)) ** 5
            gloss = gloss + (oil * fresnel * lobe * arrived)[..., None] * strength
    lit = below_skin(lit)
    lost = 1 - lit.mean(2) / np.maximum(free.mean(2), 1e-4)
    weight = shown * head.covered
    mean = (lit * weight[..., None]).sum((0, 1)) / max(float(weight.sum()), 1e-6)
    grey = float(mean.mean())
    balance = (mean / grey) ** random.uniform(0.4, 1.0)
    gain = (np.exp(random.normal(-0.02, 0.13)) / (grey * balance)).astype(np.float32)
    return Lit(lit * gain, gloss * gain, np.clip(lost, 0, 1).astype(np.float32))


def lamp(
    head: LitHead, around: np.ndarray, toward: np.ndarray, sharp: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(S,S) irradiance of a lamp if nothing stood in its way, and as it arrives; and (3,) where it is.

    Args:
        around: (D,3) directions(). toward: (3,), sharp: the lamp's spread, as of a von Mises-Fisher distribution.
    """
    middle = around[int((around @ toward).argmax())]
    share = np.exp(sharp * (around @ middle - 1))
    used = np.flatnonzero(share > 0.12)
    share = share[used] / share[used].sum()
    full, arrived = np.zeros(head.covered.shape, np.float32), np.zeros(head.covered.shape, np.float32)
    soft = 0.0 if len(used) == 1 else 1.5
    for one, part in zip(used, share, strict=True):
        cosine = np.clip(head.normals @ around[one], 0, 1) * part
        seen = head.visible(one)
        full += cosine
        arrived += cosine * (cv2.GaussianBlur(seen, (0, 0), soft) if soft else cv2.blur(seen, (2, 2)))
    return full, arrived, middle


def open_sky(head: LitHead, around: np.ndarray) -> np.ndarray:
    """(S,S) 0..1 share of a grey sky that each texel sees."""
    every = range(0, len(around), 5)
    cosine = [np.clip(head.normals @ around[one], 0, 1) for one in every]
    seen = sum(part * head.visible(one) for part, one in zip(cosine, every, strict=True))
    return cv2.GaussianBlur(np.clip(seen / np.maximum(sum(cosine), 1e-3), 0.05, 1), (0, 0), 1.0)


def through(positions: np.ndarray, direction: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(S,S) 0..1, the share of a lamp's light that passes what stands before it."""
    across, down = frame(direction)
    screen = cv2.GaussianBlur(draw_screen(across, down, random), (0, 0), np.exp(random.uniform(np.log(0.6), np.log(9))))
    places = [((positions @ axis + EXTENT) / (2 * EXTENT) * SCREEN - 0.5).astype(np.float32) for axis in (across, down)]
    blocked = cv2.remap(screen, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return 1 - random.uniform(0.5, 1.0) * np.clip(blocked, 0, 1)


def draw_screen(across: np.ndarray, down: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(SCREEN,SCREEN) float32, 1 where something stands before the lamp: a brim, a wall, strands, glasses, leaves."""
    y, x = (np.mgrid[:SCREEN, :SCREEN].astype(np.float32) + 0.5) / SCREEN * 2 * EXTENT - EXTENT
    kind = random.choice(["edge", "strands", "glasses", "leaves"], p=[0.4, 0.25, 0.1, 0.25])
    wavy = smooth_noise(random, int(random.integers(3, 14)), SCREEN)
    if kind == "edge":  # most often a brim or a fringe above, in the lamp's own axes
        angle = random.normal(0, 0.35) if random.random() < 0.6 else random.uniform(-np.pi, np.pi)
        above = np.array([0.0, 1.0, 0.0])
        u, v = above @ across, above @ down
        u, v = np.cos(angle) * u - np.sin(angle) * v, np.sin(angle) * u + np.cos(angle) * v
        level = random.uniform(0.0, 0.55) * max(np.hypot(u, v), 0.3)
        return ((x * u + y * v) / max(np.hypot(u, v), 0.2) + random.uniform(0, 0.08) * wavy > level).astype(np.float32)
    if kind == "leaves":
        return (wavy > random.uniform(0.2, 1.2)).astype(np.float32)
    screen, scale = np.zeros((SCREEN, SCREEN), np.float32), SCREEN / (2 * EXTENT)
    if kind == "strands":
        for _ in range(random.integers(2, 12)):
            middle, angle = random.normal(0, 0.4, 2), random.uniform(0, np.pi)
            bend = random.normal(0, 0.3)
            t = np.linspace(-0.6, 0.6, 20)[:, None]
            along, side = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
            line = (middle + t * along + bend * t**2 * side + EXTENT) * scale
            cv2.polylines(screen, [np.int32(line)], False, 1.0, int(random.integers(1, 9)), cv2.LINE_AA)
        return screen
    shift, size = random.normal(0, 0.05, 2), random.uniform(0.09, 0.14)
    for one in EYES:
        place = np.array([*one, 0.35])
        middle = (np.array([place @ across, place @ down]) + shift + EXTENT) * scale
        axes = (int(size * scale * 1.2), int(size * scale))
        width = -1 if random.random() < 0.15 else int(random.integers(1, 4))
        cv2.ellipse(screen, tuple(int(v) for v in middle), axes, 0, 0, 360, 1.0, width, cv2.LINE_AA)
    return screen


def below_skin(light: np.ndarray) -> np.ndarray:
    """(S,S,3) with the soft and, in red, softer borders that light has which went below the skin."""
    return np.stack([cv2.GaussianBlur(light[..., i], (0, 0), reach) for i, reach in enumerate(BELOW)], -1)
