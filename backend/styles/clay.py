"""Clay, or stylised 3D: plain matte colours without pores, soft forms pressed in, a modeller's thumb marks."""

from __future__ import annotations

import cv2
import numpy as np

from ..imaging.noise import field
from .tools import feature_lines, grey, number, saturated, seed, smooth_colours

STEPS = 0


def draw(random: np.random.Generator) -> dict:
    """plain: share of one colour; soft: texels of 256; form: depth of the forms; thumbs: of the marks; mass: the clay's
    colour where nothing is painted, 1 in 6."""
    masses = [(0.62, 0.60, 0.57), (0.66, 0.42, 0.30), (0.72, 0.66, 0.55), (0.45, 0.55, 0.50)]
    return {
        "plain": number(random, 0.55, 0.85),
        "soft": number(random, 2.0, 4.0),
        "form": number(random, 0.5, 1.1),
        "thumbs": number(random, 0.0, 0.035),
        "colour": number(random, 1.0, 1.35),
        "lift": number(random, 0.0, 0.12),
        "mass": [] if random.random() < 0.83 else list(masses[int(random.integers(len(masses)))]),
        "seed": seed(random),
    }


def paint(texture: np.ndarray, regions, parameters: dict) -> np.ndarray:
    size = regions.size
    unit = size / 256
    calm = cv2.GaussianBlur(smooth_colours(texture, 4, 0.16, size), (0, 0), parameters["soft"] * 0.5 * unit)
    bare = (regions["cheeks"] + regions["forehead"] + regions["chin"]) > 0.5
    skin = np.median(calm[bare], axis=0)
    level, own = grey(calm), float(grey(np.float32(skin)))
    # hair, brows and lips stay parts of their own colour, skin becomes one
    other = np.clip((np.abs(calm - skin).max(2) - 0.10) / 0.12, 0, 1) * (1 - regions["openings"])
    plain = parameters["plain"] * (1 - np.clip(np.maximum(other, regions["lips"]), 0, 1))
    picture = calm + plain[..., None] * (skin - calm)
    form = cv2.GaussianBlur(level, (0, 0), 1.5 * unit) - cv2.GaussianBlur(level, (0, 0), 10 * unit)
    picture = picture * (1 + parameters["form"] * np.clip(form / max(own, 0.15), -0.4, 0.25))[..., None]
    # what is drawn is pressed in: a groove with its lower edge in the light
    groove = cv2.GaussianBlur(feature_lines(regions, 1.6), (0, 0), 0.9 * unit)
    ridge = cv2.GaussianBlur(level, (0, 0), 0.7 * unit) - cv2.GaussianBlur(level, (0, 0), 3 * unit)
    pressed = (
        2.2 * ridge / max(own, 0.15) + 1.6 * unit * cv2.Sobel(groove, cv2.CV_32F, 0, 1, scale=0.25) - 0.35 * groove
    )
    picture = picture * (1 + parameters["form"] * np.clip(pressed, -0.5, 0.3))[..., None]
    marks = cv2.GaussianBlur(np.abs(field(parameters["seed"], size, 30, texture.shape[:2])), (0, 0), unit) - 0.8
    picture = saturated(picture * (1 + parameters["thumbs"] * marks)[..., None], parameters["colour"])
    if parameters["mass"]:
        tone = grey(picture)[..., None] / max(own, 0.05)
        picture = np.float32(parameters["mass"]) * np.clip(0.55 + 0.45 * tone, 0.3, 1.2)
    return picture + parameters["lift"] * (1 - picture)
