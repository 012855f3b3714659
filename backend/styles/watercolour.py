"""Watercolour: pale transparent washes whose pigment gathers at their edges and in the grain of the paper."""

import cv2
import numpy as np

from ..imaging.noise import field, grain
from ..imaging.pigment import absorbance, from_absorbance
from .tools import feature_lines, number, saturated, seed, smooth_colours


def draw(random: np.random.Generator) -> dict:
    """wash: share of the pigment laid on; levels: washes; rim: darker edges; pool: uneven pigment; grain;
    patch: size of both, and of how washes wander."""
    return {
        "wash": number(random, 0.45, 0.75),
        "levels": int(random.integers(4, 7)),
        "rim": number(random, 0.25, 0.6),
        "pool": number(random, 0.08, 0.22),
        "grain": number(random, 0.04, 0.12),
        "patch": 1.0,
        "colour": number(random, 1.05, 1.4),
        "line": number(random, 0.15, 0.6),
        "seed": seed(random),
    }


def paint(texture: np.ndarray, regions, parameters: dict) -> np.ndarray:
    size, shape = regions.size, texture.shape[:2]
    unit = size / 256
    picture = saturated(smooth_colours(texture, 3, 0.12, size), parameters["colour"])
    pigment = absorbance(picture)
    density = pigment.mean(2)
    # washes: the density in steps whose borders wander
    low, high = np.percentile(density[regions["face"] > 0.3], [1, 99])
    patch = parameters["patch"]
    wander = field(parameters["seed"], size, 26 / patch, shape)
    position = np.clip((density - low) / max(high - low, 0.2), 0, 1.2) + 0.06 * wander
    position = cv2.GaussianBlur(position, (0, 0), 1.1 * unit) * parameters["levels"]
    step = np.floor(position) + np.clip((position % 1 - 0.5) * 5 + 0.5, 0, 1)
    washed = low + step / parameters["levels"] * max(high - low, 0.2)
    mixed = np.maximum(0.35 * density + 0.65 * washed, 0.02)
    edge = np.abs(cv2.Laplacian(cv2.GaussianBlur(step, (0, 0), 0.9 * unit), cv2.CV_32F)) * unit
    small, large = (field(parameters["seed"] + k, size, cells / patch, shape) for k, cells in ((1, 9), (2, 24)))
    pool = parameters["pool"] * (small + 0.6 * large)
    paper = grain(parameters["seed"] + 3, shape, 0.8 * patch * unit)
    amount = parameters["wash"] * (mixed / np.maximum(density, 0.05)) * (1 + np.clip(pool, -0.5, 0.6))
    amount = amount * (1 + parameters["grain"] * paper) + parameters["rim"] * np.clip(edge, 0, 0.5)
    painted = from_absorbance(pigment * np.clip(amount, 0.1, 1.6)[..., None] + 0.03)
    thin = parameters["line"] * feature_lines(regions, 0.8)
    return painted + thin[..., None] * (np.float32([0.25, 0.2, 0.22]) - painted)
