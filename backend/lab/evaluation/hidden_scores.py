"""How near a completion comes to the hidden skin: error, error and power by octave, what an eye sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import torch

from ...imaging.bands import octaves
from ...imaging.sample import LUMINANCE
from .features import perceptual_distance
from .hidden_parts import Hidden
from .metrics import mean_error

#: Longest wave of each octave in texels of 256, and the waves per face height (180 texels) where it begins.
OCTAVES = {"32-16": 5.625, "16-8": 11.25, "8-4": 22.5, "4-2": 45.0}
FACE = 180 / 256


def measure(completion: np.ndarray, case: Hidden) -> dict[str, float]:
    """psnr, delta_e (CIELAB), and of each octave psnr and power (dB of the made over the photographed luminance).

    Args:
        completion: (S,S,3) unlit sRGB.
    """
    weight = case.weight
    if not weight.any():
        return {}
    made = np.clip(case.lit(completion), 0, 1)
    error = made - case.truth
    values = {"psnr": decibels(average((error**2).mean(2), weight))}
    lab = [cv2.cvtColor(picture.astype(np.float32), cv2.COLOR_RGB2LAB) for picture in (made, case.truth)]
    values["delta_e"] = average(np.linalg.norm(lab[0] - lab[1], axis=2), weight)
    mask = (weight > 0).astype(np.float32)
    pictures = np.dstack([made @ LUMINANCE, case.truth @ LUMINANCE])
    for name, band in zip(OCTAVES, octaves(pictures, mask, FACE * len(mask), list(OCTAVES.values())), strict=True):
        values[f"psnr {name}"] = decibels(average((band[..., 0] - band[..., 1]) ** 2, weight))
        own, theirs = (average(band[..., i] ** 2, weight) for i in (0, 1))
        values[f"power {name}"] = 10 * np.log10(max(own, 1e-10) / max(theirs, 1e-10))
    return {name: float(value) for name, value in values.items()}


def perceptual(completions: Mapping[str, np.ndarray], case: Hidden) -> dict[str, float]:
    """Distance of EfficientNet-Lite's features over the hidden texels (features.perceptual_distance), by method."""
    mask = case.weight > 0
    made = [np.where(mask[..., None], np.clip(case.lit(one), 0, 1), case.truth) for one in completions.values()]
    pictures, truth = (
        torch.from_numpy(np.stack(some).astype(np.float32)).permute(0, 3, 1, 2) for some in (made, [case.truth])
    )
    with torch.no_grad():
        distance = perceptual_distance(pictures, truth.expand_as(pictures), torch.from_numpy(case.weight)[None, None])
    return dict(zip(completions, distance.tolist(), strict=True))


def average(values: np.ndarray, weight: np.ndarray) -> float:
    return float((values * weight).sum(dtype=np.float64) / weight.sum(dtype=np.float64))


def decibels(squared: float) -> float:
    return float(-10 * np.log10(max(squared, 1e-10)))


def paired(
    scores: Sequence[Mapping[str, Mapping[str, float]]], method: str, base: str, key: str
) -> tuple[float, float]:
    """Mean over people and standard error of how much larger a method's value is than the baseline's.

    Args:
        scores: one entry a person: method -> measure -> value.
    """
    return mean_error([one[method].get(key, np.nan) - one[base].get(key, np.nan) for one in scores])
