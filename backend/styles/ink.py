"""Comic ink: paper, black lines and spots, tone as hatching or dots; flat colour beneath when it is a colour page."""

import numpy as np

from .tools import difference_of_gaussians, feature_lines, grey, inked, number, saturated, smooth_colours, stepped


def draw(random: np.random.Generator) -> dict:
    """colour: 0 black and white to 1 flat colour; pitch: texels of 256 between dots or lines; dots or hatches; black:
    the luma below which ink is solid, relative to the skin's; degrees of the screen."""
    return {
        "colour": float(random.choice([0.0, 0.0, 0.5, 0.85])),
        "pitch": number(random, 3.4, 5.0),
        "screen": str(random.choice(["dots", "hatches"])),
        "black": number(random, 0.42, 0.62),
        "degrees": number(random, 20, 70),
        "line": number(random, 1.0, 1.8),
        "tone": number(random, 0.7, 1.2),
        "paper": [number(random, 0.93, 0.99), number(random, 0.91, 0.97), number(random, 0.84, 0.95)],
    }


def paint(texture: np.ndarray, regions, parameters: dict) -> np.ndarray:
    size = regions.size
    unit = size / 256
    calm = smooth_colours(texture, 3, 0.1, size)
    level = grey(calm)
    skin = float(np.median(level[regions["face"] > 0.5]))
    relative = level / max(skin, 0.05)
    # XDoG: lines where the difference of Gaussians is negative, solid ink where the picture is dark as well
    line = np.clip(-difference_of_gaussians(relative, 1.1 * unit, 1.0) * 22 - 0.3, 0, 1)
    solid = np.clip((parameters["black"] - relative) * 12, 0, 1)
    dark = np.clip((1.0 - relative) * 1.9 * parameters["tone"], 0, 1) + 0.55 * np.clip(0.55 - skin, 0, 0.5)
    screen = screened(texture.shape[:2], parameters["pitch"] * unit, parameters["degrees"], parameters["screen"])
    tone = np.clip((np.clip(dark, 0, 0.8) - screen) * 5 + 0.5, 0, 1) * (dark > 0.06)
    ink = np.maximum.reduce([line, solid, 0.9 * tone, feature_lines(regions, parameters["line"])])
    colours = saturated(calm, 1.35)
    flat = colours * (0.35 + 0.65 * stepped(level, 4, 6) / np.maximum(level, 0.05))[..., None]
    page = np.float32(parameters["paper"]) * (1 - parameters["colour"]) + parameters["colour"] * np.clip(flat, 0, 1)
    return inked(page, ink, [0.06, 0.05, 0.07])


def screened(shape: tuple[int, int], pitch: float, degrees: float, kind: str) -> np.ndarray:
    """(H,W) thresholds 0..1 of a halftone: dots on a turned grid, or parallel hatches."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32) * (2 * np.pi / pitch)
    turn = np.radians(degrees)
    a, b = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    wave = (np.cos(a) + np.cos(b)) / 2 if kind == "dots" else np.cos(a)
    return np.float32(0.5 + 0.5 * wave)
