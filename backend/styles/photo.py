"""Photo: the texture as it is."""

from __future__ import annotations

import numpy as np


def draw(random: np.random.Generator) -> dict:
    return {}


def paint(texture: np.ndarray, regions, parameters: dict) -> np.ndarray:
    return texture
