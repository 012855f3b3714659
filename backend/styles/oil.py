"""Oil: calm patches of colour laid in strokes along the forms, ridges of paint, a warm ground."""

import cv2
import numpy as np

from ..imaging.noise import field, grain, soft_step
from .tools import along_flow, flow, grey, kuwahara, number, saturated, seed


def draw(random: np.random.Generator) -> dict:
    """radius: texels of 256 of a patch; length: of a stroke; ridge: relief of the paint; mix: uneven pigment."""
    return {
        "radius": int(random.integers(3, 7)),
        "length": int(random.integers(4, 9)),
        "ridge": number(random, 0.02, 0.05),
        "mix": number(random, 0.004, 0.014),
        "colour": number(random, 1.05, 1.4),
        "warm": number(random, -0.03, 0.05),
        "seed": seed(random),
    }


def paint(texture: np.ndarray, regions, parameters: dict) -> np.ndarray:
    size, shape = regions.size, texture.shape[:2]
    unit = size / 256
    picture = kuwahara(texture, max(2, round(parameters["radius"] * unit)))
    # a smaller brush where a painter takes one
    fine = np.clip(1.5 * np.maximum(regions["lids"], regions["lips"]), 0, 1)[..., None]
    picture += fine * (kuwahara(texture, max(1, round(unit))) - picture)
    u, v = flow(cv2.GaussianBlur(grey(picture), (0, 0), 1.5 * unit), 6 * unit)
    step = max(1.0, unit)
    length = max(2, round(parameters["length"] * unit / step))
    bristles = along_flow(grain(parameters["seed"], shape, 1.0 * unit), u, v, length, step)
    bristles /= max(float(bristles.std()), 1e-6)
    daubs = 0.4 + 0.6 * soft_step(field(parameters["seed"] + 4, size, 22, shape), -0.8, 0.8)  # thick here, thin there
    bristles = bristles * daubs
    mixed = np.stack([field(parameters["seed"] + k, size, 50, shape) for k in (1, 2, 3)], -1)
    mixed = along_flow(mixed, u, v, length, step)
    picture += (1 - fine) * (along_flow(picture, u, v, max(1, length // 3), step) - picture)
    # ridges catch the light from above: the height's slope, not the height
    relief = cv2.Sobel(cv2.GaussianBlur(bristles, (0, 0), 0.5), cv2.CV_32F, 0, 1, scale=0.25)
    picture = saturated(picture + parameters["mix"] * mixed, parameters["colour"])
    picture = picture * (1 + parameters["ridge"] * (bristles * 0.6 + relief))[..., None]
    return picture + parameters["warm"] * np.float32([1, 0.3, -0.8])
