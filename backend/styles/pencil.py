"""Pencil: strokes of graphite or coloured pencil on paper, closer where it is darker."""

import cv2
import numpy as np

from ..imaging.noise import grain, strands
from .tools import edges, feature_lines, grey, number, saturated, seed, smooth_colours


def draw(random: np.random.Generator) -> dict:
    """colour: 0 graphite to 1 coloured pencils; dark: pressure; degrees of the strokes, and their
    width; tooth of the paper."""
    return {
        "colour": float(random.choice([0.0, 0.0, 0.35, 0.8])),
        "dark": number(random, 0.75, 1.15),
        "degrees": number(random, 25, 65),
        "tooth": number(random, 0.15, 0.35),
        "line": number(random, 0.7, 1.2),
        "width": 1.0,
        "stroke": number(random, 0.35, 0.7),
        "seed": seed(random),
        "paper": [number(random, 0.93, 0.98), number(random, 0.92, 0.97), number(random, 0.88, 0.96)],
    }


def paint(texture: np.ndarray, regions, parameters: dict) -> np.ndarray:
    shape, unit = texture.shape[:2], regions.size / 256
    fine, long = 0.6 * parameters["width"] * unit, 9 * parameters["width"] * unit
    level = grey(texture)
    # dodged: what is darker than its surroundings is drawn, broad tone only in part
    around = cv2.GaussianBlur(level, (0, 0), 7 * unit)
    relative = np.clip(level / np.maximum(around, 0.03), 0, 1)
    tone = parameters["dark"] * (0.8 * (1 - np.sqrt(level)) + 1.1 * (1 - relative))
    turn = parameters["degrees"]
    one = strands(parameters["seed"], shape, fine, long, turn)
    other = strands(parameters["seed"] + 1, shape, fine, long, turn + 70)
    hatch = np.where(tone > 0.42, np.maximum(one, other), one)  # crossed where it is dark
    laid = np.clip(tone * (1 + parameters["stroke"] * hatch) - parameters["tooth"] * 0.25, 0, 1)
    laid = laid * (1 - parameters["tooth"] * np.clip(grain(parameters["seed"] + 2, shape, 0.5 * unit), 0, 2))
    line = edges(cv2.GaussianBlur(level, (0, 0), 0.5), unit, 14) * 0.8
    laid = np.maximum.reduce([laid, line, 0.75 * feature_lines(regions, parameters["line"])])
    paper = np.float32(parameters["paper"])
    vivid = saturated(smooth_colours(texture, 2, size=regions.size), 1.3)
    pencil = np.float32([0.16, 0.16, 0.18]) * (1 - parameters["colour"]) + parameters["colour"] * vivid * 0.85
    broad = parameters["colour"] * 0.55
    laid = np.clip(laid + broad * (1 - 0.3 * np.clip(one, -1, 1)) * (1 - laid), 0, 1)
    return paper + laid[..., None] * (pencil - paper)
