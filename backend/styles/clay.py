"""Clay, or stylised 3D: plain matte colours without pores, soft forms pressed in, a modeller's thumb marks."""

import cv2
import numpy as np

from ..imaging.noise import field, soft_step, strands
from .tools import feature_lines, grey, number, saturated, seed, smooth_colours


def draw(random: np.random.Generator) -> dict:
    """plain: share of one colour; soft: texels of 256; form: depth of the forms; thumbs: of the marks, and their size;
    mass: the clay's colour where nothing is painted, 1 in 6."""
    masses = [(0.62, 0.60, 0.57), (0.66, 0.42, 0.30), (0.72, 0.66, 0.55), (0.45, 0.55, 0.50)]
    return {
        "plain": number(random, 0.55, 0.85),
        "soft": number(random, 2.0, 4.0),
        "form": number(random, 0.5, 1.1),
        "thumbs": number(random, 0.025, 0.05),
        "mark": 1.0,
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
    picture = picture * (1 + parameters["form"] * np.clip(form / max(own, 0.15), -0.35, 0.1))[..., None]
    # what is drawn is pressed in: a groove with its lower edge in the light
    groove = cv2.GaussianBlur(feature_lines(regions, 1.6), (0, 0), 0.9 * unit)
    ridge = cv2.GaussianBlur(level, (0, 0), 0.7 * unit) - cv2.GaussianBlur(level, (0, 0), 3 * unit)
    pressed = (
        2.2 * ridge / max(own, 0.15) + 1.6 * unit * cv2.Sobel(groove, cv2.CV_32F, 0, 1, scale=0.25) - 0.35 * groove
    )
    picture = picture * (1 + parameters["form"] * np.clip(pressed, -0.5, 0.12))[..., None]
    marks = parameters["thumbs"] * thumb_marks(parameters, texture.shape[:2], size) * (1 - regions["openings"])
    picture = saturated(picture * (1 + marks)[..., None], parameters["colour"])
    if parameters["mass"]:
        tone = grey(picture)[..., None] / max(own, 0.05)
        picture = np.float32(parameters["mass"]) * np.clip(0.55 + 0.45 * tone, 0.3, 1.2)
    return picture + parameters["lift"] * (1 - picture)


def thumb_marks(parameters: dict, shape: tuple[int, int], size: int) -> np.ndarray:
    """(H,W) of about -2..2: clay that was dragged one way here and another there, lit from above."""
    mark = parameters["mark"] * size / 256
    ways = [strands(parameters["seed"] + k, shape, 1.6 * mark, 7 * mark, turn) for k, turn in enumerate((20, 110, 155))]
    height = ways[0]
    for k, way in enumerate(ways[1:], 3):
        share = soft_step(field(parameters["seed"] + k, size, 16 / parameters["mark"], shape), -0.1, 0.1)
        height = height + share * (way - height)
    slope = cv2.Sobel(height, cv2.CV_32F, 0, 1)
    return np.clip(slope / max(float(slope.std()), 1e-6), -2, 2)
