"""Anime: one clean skin tone and one shade of it, hair-thin nose and lips, heavy lashes, a blush."""

import cv2
import numpy as np

from ..imaging.noise import soft_step, strands
from .tools import grey, inked, moustache, number, saturated, seed, shown_skin, smooth_colours, stepped


def draw(random: np.random.Generator) -> dict:
    """lift: towards white; shade: the second tone's brightness; lash: texels of 256; blush, lips: 0..1; hair: sRGB or
    empty for the own; gloss: streaks in the hair. wears_hair, where one knows: all of the scalp is hair, fair or dark.
    """
    own = random.random() < 0.55
    dyed = [(0.35, 0.45, 0.85), (0.95, 0.55, 0.70), (0.45, 0.75, 0.70), (0.92, 0.85, 0.55), (0.62, 0.45, 0.80)]
    return {
        "lift": number(random, 0.25, 0.55),
        "shade": number(random, 0.84, 0.93),
        "lash": number(random, 1.4, 2.6),
        "colour": number(random, 0.9, 1.25),
        "blush": number(random, 0.0, 0.35),
        "lips": number(random, 0.1, 0.5),
        "hair": [] if own else [float(v) for v in dyed[random.integers(len(dyed))]],
        "gloss": number(random, 0.1, 0.5),
        "seed": seed(random),
    }


def paint(texture: np.ndarray, regions, parameters: dict) -> np.ndarray:
    size, shape = regions.size, texture.shape[:2]
    skin = np.median(texture[shown_skin(regions)], axis=0)
    flat = smooth_colours(texture, 4, 0.14, size)
    # hair and beard are what is clearly darker than the skin, away from eyes and mouth
    away = 1 - np.clip(regions["eyes"] + regions["mouth"] + regions["nose"] + regions["brows"], 0, 1)
    own = float(grey(np.float32(skin)))
    darker = (own - grey(cv2.GaussianBlur(flat, (0, 0), 1.2))) / max(own, 0.15)
    hair = np.maximum(soft_step(darker, 0.2, 0.4) * regions["scalp"], soft_step(darker, 0.55, 0.7) * regions["beard"])
    if parameters.get("wears_hair"):
        hair = np.maximum(hair, regions["scalp"])
    whiskers, present = moustache(darker, regions)  # they lie within what the mouth keeps clear
    hair = np.maximum(hair * away, whiskers * present)
    clean = saturated(skin + parameters["lift"] * own**0.7 * (1 - skin), 1.25)  # dark skin stays dark
    # the shade comes from the broad relief only: under the brows, beside the nose, below the chin
    relief = cv2.GaussianBlur(grey(texture), (0, 0), 0.02 * size) - cv2.GaussianBlur(grey(texture), (0, 0), 0.12 * size)
    # about the mouth lips and folds look like relief, and are none
    plain = np.clip(
        2 * cv2.GaussianBlur(regions["mouth"] + regions["cheeks"] + regions["beard"], (0, 0), 0.02 * size), 0, 1
    )
    shade = soft_step(-relief * (1 - hair), 0.02, 0.032) * (1 - plain)
    picture = clean + shade[..., None] * (clean * np.float32([1, 0.94, 0.92]) * parameters["shade"] - clean)
    coloured = np.float32(parameters["hair"] or np.clip(saturated(flat, 1.3) * 1.15 + 0.03, 0, 1))
    tone = 0.75 + 0.25 * stepped(np.clip(grey(flat) * 3, 0, 1), 2, 5)
    streaks = soft_step(strands(parameters["seed"], shape, 1.2 * size / 256, 12 * size / 256), 0.9, 1.2)
    coloured = coloured * tone[..., None] + parameters["gloss"] * 0.4 * streaks[..., None]
    picture = saturated(picture + hair[..., None] * (coloured - picture), parameters["colour"])
    picture = inked(picture, parameters["blush"] * regions["cheeks"], [0.95, 0.45, 0.45])
    picture = inked(picture, parameters["lips"] * regions["lips"], [0.85, 0.42, 0.42])
    unit = size / 256
    brow = soft_step(regions["brow"], 0.45, 0.75) * soft_step(own - grey(texture), 0.02, 0.10)
    ink = np.maximum.reduce(
        [
            cv2.GaussianBlur(regions.lashes(parameters["lash"] * unit), (0, 0), 0.4),
            0.85 * brow,
            0.35 * regions.lashes(unit, lift=4 * unit),
            mouth_and_nose(regions, unit),
        ]
    )
    return inked(picture, ink, [0.14, 0.09, 0.10])


def mouth_and_nose(regions, unit: float) -> np.ndarray:
    """(S,S) 0..1: the thin line of the lips and a stroke below the nose."""
    thin = regions.lines([(78, 88, 87, 14, 317, 318, 308)], unit)
    return cv2.GaussianBlur(np.maximum(0.8 * thin, 0.7 * regions.lines([(98, 97, 2)], unit)), (0, 0), 0.4)
