"""Painters' styles: what a photographic texture looks like drawn, painted or modelled.

Each style is a module with draw(random) -> parameters (JSON), paint(texture (S,S,3) float32 sRGB, regions, parameters)
-> (S,S,3) float32 sRGB, and STEPS: the flat tones of its shading, 0 is smooth. Nothing moves: eyes, nose and mouth stay
at their texels. `python -m backend.lab texhub styles` draws the sample sheet.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np

from ..head.facial_regions import FacialRegions
from . import anime, cel, clay, ink, oil, pencil, photo, pixel, watercolour

STYLES: dict[str, ModuleType] = {
    "photo": photo,
    "cel": cel,
    "anime": anime,
    "ink": ink,
    "oil": oil,
    "watercolour": watercolour,
    "pencil": pencil,
    "clay": clay,
    "pixel": pixel,
}


def paint(name: str, texture: np.ndarray, regions: FacialRegions, parameters: dict) -> np.ndarray:
    """(S,S,3) float32 sRGB 0..1 of a texture (S,S,3) in a style."""
    painted = STYLES[name].paint(np.ascontiguousarray(texture, np.float32), regions, parameters)
    return np.clip(painted, 0, 1).astype(np.float32)
