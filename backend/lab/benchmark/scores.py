"""A texture beside a case's truth: the guard's figures, parts of the head, and how far the skin's tone is off."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from skimage.color import deltaE_ciede2000

from ..evaluation.guard_heads import PARTS
from ..evaluation.guard_scores import Pair, read, score
from ..evaluation.metrics import psnr
from ..texhub.pigments import ita, tone_name

Figures = dict[str, float]
Column = tuple[str, int, bool]  # heading, digits, whether more is better
COLUMNS: dict[str, Column] = {
    "seen": ("visible, dB", 2, True),
    "unseen": ("hidden, dB", 2, True),
    "seen_aligned": ("visible, gain and bias, dB", 2, True),
    "unseen_aligned": ("hidden, gain and bias, dB", 2, True),
    "ssim": ("SSIM", 3, True),
    "ita": ("ITA error, degrees", 1, False),
    "ciede2000": ("CIEDE2000", 1, False),
}
PART_COLUMNS: dict[str, Column] = {name: (f"{name}, dB", 2, True) for name in PARTS}


def score_texture(folder: Path, texture: Path) -> Figures:
    """The figures of a texture file for a case's folder; tone and parts where the case has skin.png and
    parts.png.

    Raises:
        FileNotFoundError: there is no texture, or no case.
    """
    pair = Pair.of(folder, texture)
    figures = score(pair)
    for name, more in {"skin.png": skin_figures, "parts.png": part_figures}.items():
        figures |= more(pair, folder) if (folder / name).is_file() else {}
    return figures


def skin_figures(pair: Pair, folder: Path) -> Figures:
    """Over the face's bare skin, by texel: mean absolute error of ITA, its signed mean, and mean CIEDE2000."""
    pair = pair.alike()
    made, truth = (lab(picture[skin_of(folder, len(picture))]) for picture in (pair.made, pair.truth))
    apart = angles(made) - angles(truth)
    colour = deltaE_ciede2000(truth, made).mean()
    values = {"ita": np.abs(apart).mean(), "ita_apart": apart.mean(), "ciede2000": colour}
    return {name: round(float(value), 3) for name, value in values.items()}


def part_figures(pair: Pair, folder: Path) -> Figures:
    """PSNR in dB of each part that has texels."""
    pair = pair.alike()
    parts = mask_of(folder / "parts.png", len(pair.made))
    masks = {name: pair.valid & (parts == number) for number, name in enumerate(PARTS, 1)}
    return {name: round(psnr(pair.made, pair.truth, mask), 3) for name, mask in masks.items() if mask.any()}


def skin_of(folder: Path, size: int) -> np.ndarray:
    """(S,S) bool."""
    return mask_of(folder / "skin.png", size) > 0


def mask_of(path: Path, size: int) -> np.ndarray:
    """(S,S) uint8."""
    return cv2.resize(read(path)[..., 0], (size, size), interpolation=cv2.INTER_NEAREST)


def tone_of(folder: Path) -> str:
    """The ITA group of a case's true skin; nothing where the case does not say what is skin."""
    if not (folder / "skin.png").is_file():
        return ""
    truth = read(folder / "truth.jpg")[..., ::-1].astype(np.float32) / 255
    return tone_name(ita(np.median(truth[skin_of(folder, len(truth))], axis=0)))


def lab(srgb: np.ndarray) -> np.ndarray:
    """(n,3) CIELAB (D65) of (n,3) sRGB 0..1."""
    return cv2.cvtColor(np.ascontiguousarray(srgb[None], np.float32), cv2.COLOR_RGB2LAB)[0]


def angles(colours: np.ndarray) -> np.ndarray:
    """(n,) individual typology angles in degrees of (n,3) CIELAB."""
    return np.degrees(np.arctan2(colours[:, 0] - 50, np.maximum(colours[:, 2], 1e-3)))
