"""Cel cartoon: flat saturated areas in two to four tones, dark even outlines."""

from __future__ import annotations

import cv2
import numpy as np

from .tools import edges, feature_lines, grey, inked, number, retoned, saturated, smooth_colours, stepped

STEPS = 3
SCALED, SHADED = {"line": 1}, True
#: Texels of 256 of the forms that are shaded: of the face; of locks of hair, across and along.
BROAD, ACROSS, ALONG = 5.0, 1.2, 5.0


def draw(random: np.random.Generator) -> dict:
    """tones: flat steps of brightness; flat: bilateral rounds; colour: saturation; line: texels of 256; ink: sRGB."""
    return {
        "tones": int(random.integers(4, 7)),
        "flat": int(random.integers(3, 6)),
        "colour": number(random, 1.05, 1.35),
        "line": number(random, 0.8, 1.8),
        "edges": number(random, 10, 22),
        "lift": number(random, 0.0, 0.12),
        "ink": [number(random, 0.02, 0.16), number(random, 0.02, 0.10), number(random, 0.02, 0.10)],
    }


def paint(texture: np.ndarray, regions, parameters: dict) -> np.ndarray:
    picture = smooth_colours(texture, parameters["flat"], 0.12, regions.size)
    # tones follow the broad forms, for steps of anything finer are smears; about eyes and lips they keep close
    close = np.clip(regions["lids"] + regions["lips"] + regions["brow"] + regions["scalp"], 0, 1)
    unit = regions.size / 256
    locks = cv2.GaussianBlur(picture, (0, 0), sigmaX=ACROSS * unit, sigmaY=ALONG * unit)
    picture = picture + regions["scalp"][..., None] * (locks - picture)
    level = grey(picture)
    broad = cv2.GaussianBlur(level, (0, 0), BROAD * regions.size / 256)
    lines = edges(level, 1.3 * regions.size / 256, parameters["edges"]) * (1 - 0.7 * regions["scalp"])
    flat = stepped(broad + close * (level - broad), parameters["tones"], 5)
    colours = cv2.GaussianBlur(picture, (0, 0), BROAD * regions.size / 256)
    colours += close[..., None] * (picture - colours)
    picture = retoned(saturated(colours, parameters["colour"]), grey(colours), flat + parameters["lift"] * (1 - flat))
    ink = np.maximum(np.clip(1.6 * lines - 0.25, 0, 1), feature_lines(regions, parameters["line"]))
    return inked(picture, ink, parameters["ink"])
