"""Cel cartoon: flat saturated areas in two to four tones, dark even outlines."""

import cv2
import numpy as np

from ..head.facial_regions import NOSTRILS
from ..imaging.sample import masked_blur
from .tools import (
    edges,
    feature_lines,
    grey,
    inked,
    moustache,
    number,
    retoned,
    saturated,
    shown_skin,
    smooth_colours,
    stepped_about,
)


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
    # texels of 256, across locks of hair and along them
    locks = cv2.GaussianBlur(picture, (0, 0), sigmaX=1.2 * unit, sigmaY=5.0 * unit)
    picture = picture + regions["scalp"][..., None] * (locks - picture)
    level = grey(picture)
    lines = edges(level, 1.3 * unit, parameters["edges"]) * (1 - 0.7 * regions["scalp"])
    skin = float(np.median(level[shown_skin(regions)]))
    formed = np.maximum((1 - close) * (1 - below_nose(level, skin, regions)), 0.002)
    forms = masked_blur(picture, formed, 5.0 * unit)
    colours = forms + close[..., None] * (picture - forms)
    tones = grey(colours)
    # skin lies in the middle of a tone: at the edge of one the faintest shade of it became a patch
    flat = stepped_about(tones, skin, parameters["tones"], 5)
    picture = retoned(saturated(colours, parameters["colour"]), tones, flat + parameters["lift"] * (1 - flat))
    ink = np.maximum(np.clip(1.6 * lines - 0.25, 0, 1), feature_lines(regions, parameters["line"]))
    return inked(picture, ink, parameters["ink"])


def below_nose(level: np.ndarray, skin: float, regions) -> np.ndarray:
    """(S,S) 0..1 the skin about nostrils and lips, which counts as no form: its shadows, blurred between nose and
    mouth, step down together into a brown square. A moustache is one.

    Args:
        level: (S,S) luma. skin: that of bare skin.
    """
    present = moustache((skin - level) / max(skin, 0.15), regions)[1]
    nostrils = cv2.GaussianBlur(regions.lines([NOSTRILS], 9.0 * regions.size / 256), (0, 0), regions.size / 256)
    return (1 - present) * np.clip(1.5 * np.maximum.reduce([regions["mouth"], regions["moustache"], nostrils]), 0, 1)
