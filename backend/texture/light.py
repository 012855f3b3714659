"""The portrait's light, apart from the skin: smooth shading over the registered normals."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..head.register import Registration
from .sample import to_linear, to_srgb

#: Shading is never trusted beyond these ratios of its mean.
DARKEST, BRIGHTEST = 0.35, 1.8
#: Pull of the non-constant coefficients to zero, as a share of the observations: frontal faces show few normals.
RIDGE = 0.02


@dataclass(frozen=True)
class Light:
    """Irradiance as spherical harmonics of order 2 (Ramamoorthi and Hanrahan 2001), one for all channels.

    coefficients: (9,), mean shading over the observed skin is 1. rotation: (3,3) mesh axes to camera axes.
    """

    coefficients: np.ndarray
    rotation: np.ndarray

    def shade(self, normals: np.ndarray) -> np.ndarray:
        """(…,) float32 shading of (…,3) mesh normals, 1 where the light is as bright as on average."""
        return np.clip(harmonics(normals @ self.rotation.T) @ self.coefficients, DARKEST, BRIGHTEST).astype(np.float32)

    def trust(self, shade: np.ndarray) -> np.ndarray:
        """(…,) 0..1: a pixel in deep shadow or glare says little about the skin."""
        dark = np.clip((shade - DARKEST) / (0.62 - DARKEST), 0, 1)
        return (0.15 + 0.85 * dark * dark * (3 - 2 * dark)).astype(np.float32)

    @staticmethod
    def remove(srgb: np.ndarray, shade: np.ndarray) -> np.ndarray:
        """(…,3) sRGB with the shading (…,) divided out in linear light."""
        return to_srgb(to_linear(srgb) / shade[..., None])


def harmonics(normals: np.ndarray) -> np.ndarray:
    """(…,9) real spherical harmonics basis of unit normals, without the constant factors."""
    x, y, z = np.moveaxis(normals, -1, 0)
    return np.stack([np.ones_like(x), x, y, z, x * y, y * z, x * z, x * x - y * y, 3 * z * z - 1], -1).astype(
        np.float32
    )


def estimate_light(
    colour: np.ndarray,
    normals: np.ndarray,
    confidence: np.ndarray,
    skin_mean: np.ndarray,
    registration: Registration,
) -> Light:
    """Fit the shading that explains the observed skin's brightness against the mean texture's.

    Robust (Cauchy weights): brows, lips, beards, cast shadows and highlights are outliers to a smooth light.

    Args:
        colour: (S,S,3) sRGB as seen. normals: (S,S,3) mesh axes. confidence: (S,S). skin_mean: (s,s,3) sRGB unlit.
    """
    rotation = registration.camera.rotation
    expected = cv2.resize(skin_mean.astype(np.float32), colour.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    used = confidence > 0.25
    if used.sum() < 200:
        return Light(np.eye(9)[0], rotation)
    ratio = np.log(_luminance(colour[used]) + 0.01) - np.log(_luminance(expected[used]) + 0.01)
    ratio = np.exp(np.clip(ratio - np.median(ratio), -2, 2))
    basis = harmonics(normals[used] @ rotation.T).astype(np.float64)
    base = confidence[used].astype(np.float64)
    weight = base.copy()
    ridge = RIDGE * np.diag([0, 1, 1, 1, 2, 2, 2, 2, 2]).astype(np.float64)
    for _ in range(8):
        system = basis.T @ (basis * weight[:, None]) + ridge * weight.sum()
        centre = np.zeros(9)
        centre[0] = np.average(ratio, weights=weight)
        coefficients = np.linalg.solve(system, basis.T @ (ratio * weight) + ridge * weight.sum() @ centre)
        residual = ratio - basis @ coefficients
        spread = max(float(np.median(np.abs(residual))), 0.02)
        weight = base / (1 + (residual / (2 * spread)) ** 2)
    mean = float(np.average(basis @ coefficients, weights=base))
    return Light(coefficients / max(mean, 1e-3), rotation)


def _luminance(srgb: np.ndarray) -> np.ndarray:
    return to_linear(srgb) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
