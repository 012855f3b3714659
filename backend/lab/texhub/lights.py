"""Drawn lights on the canonical head: spherical harmonics of a few lamps and a sky, one coefficient set per channel."""

from __future__ import annotations

import numpy as np

from ...imaging.sample import to_linear, to_srgb
from ...prior.light import BRIGHTEST, DARKEST, Light, harmonics

#: Shadings that a drawn style's flat tones lie between.
FLAT = 0.55, 1.25


def lamp(azimuth: float, elevation: float) -> np.ndarray:
    """(9,) coefficients of a directional light's clamped cosine in the basis of texture.light.harmonics: 1/4 + t/2 +
    5/16 P2(t), t = n·d (Ramamoorthi and Hanrahan 2001, equation 8). Degrees; azimuth 90 is the viewer's right."""
    a, e = np.radians([azimuth, elevation])
    x, y, z = np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)
    second = 5 / 32 * np.array([6 * x * y, 6 * y * z, 6 * x * z, 1.5 * (x * x - y * y), 0.5 * (3 * z * z - 1)])
    return np.concatenate([[0.25, x / 2, y / 2, z / 2], second])


def draw_light(random: np.random.Generator) -> dict:
    """A recipe: sky: (3,) and up: how much brighter above; lamps: azimuth, elevation, strength, colour; exposure."""
    warm = float(random.normal(0, 0.10))
    lamps = [
        {
            "azimuth": round(float(random.normal(0, 48)), 1),
            "elevation": round(float(random.normal(28, 22)), 1),
            "strength": round(float(random.uniform(0.4, 2.2)), 3),
            "colour": tint(warm, random),
        }
    ]
    if random.random() < 0.45:
        lamps.append(
            {
                "azimuth": round(float(random.uniform(-150, 150)), 1),
                "elevation": round(float(random.normal(10, 25)), 1),
                "strength": round(float(random.uniform(0.1, 0.9)), 3),
                "colour": tint(-warm, random),
            }
        )
    return {
        "sky": tint(-warm / 2, random),
        "sky_strength": round(float(random.uniform(0.35, 0.9)), 3),
        "up": round(float(random.uniform(0, 0.35)), 3),
        "lamps": lamps,
        "exposure": round(float(np.exp(random.normal(-0.02, 0.12))), 4),
    }


def tint(warm: float, random: np.random.Generator) -> list[float]:
    """(3,) gains about 1: positive is warm."""
    return [round(float(v), 4) for v in np.exp(np.array([warm, random.normal(0, 0.015), -warm]))]


def coefficients(recipe: dict, normals: np.ndarray) -> np.ndarray:
    """(3,9) per channel; the mean shading of what faces the viewer is the exposure."""
    up = np.eye(9)[0] + recipe["up"] * np.eye(9)[2]
    total = recipe["sky_strength"] * np.outer(recipe["sky"], up)
    for one in recipe["lamps"]:
        total = total + one["strength"] * np.outer(one["colour"], lamp(one["azimuth"], one["elevation"]))
    front = normals[normals[..., 2] > 0.3]
    return total * recipe["exposure"] / max(float((harmonics(front[::7]) @ total.mean(0)).mean()), 1e-3)


def shading(recipe: dict, normals: np.ndarray, steps: int = 0) -> np.ndarray:
    """(S,S,3) float32 linear shading of (S,S,3) canonical normals; steps: flat tones of a drawn style, 0 is smooth."""
    sets = coefficients(recipe, normals)
    smooth = np.stack([Light(one, np.eye(3)).shade(normals) for one in sets], -1)
    if not steps:
        return smooth
    level = smooth.mean(2)
    low, high = FLAT
    position = (level - low) / (high - low) * steps
    edge = np.clip((position % 1 - 0.5) * 8 + 0.5, 0, 1)  # as soft as an inked edge is in a texture
    flat = low + (np.floor(position) + edge) / steps * (high - low)
    return np.clip(smooth * (flat / np.maximum(level, 1e-3))[..., None], DARKEST, BRIGHTEST).astype(np.float32)


def lit(srgb: np.ndarray, shade: np.ndarray) -> np.ndarray:
    """(S,S,3) sRGB under shading (S,S,3): the inverse of Light.remove."""
    return to_srgb(to_linear(srgb) * shade)
