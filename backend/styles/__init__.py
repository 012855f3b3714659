"""Painters' styles: what a photographic texture looks like drawn, painted or modelled.

Each style is a module with draw(random) -> parameters (JSON), paint(texture (S,S,3) float32 sRGB, regions, parameters)
-> (S,S,3) float32 sRGB, and three constants: STEPS are the flat tones of its shading, 0 is smooth; SCALED are the
parameters that grow with the artist's scale (1) or shrink (-1); SHADED styles shade by themselves and are painted on
the texture without the portrait's light. Nothing moves: eyes, nose and mouth stay at their texels. Nobody gets
another skin: paper takes the skin's tone where it is skin.
`python -m backend.lab texhub styles` draws the sample sheet.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np

from ..head.facial_regions import FacialRegions
from . import anime, cel, clay, ink, oil, pencil, photo, pixel, watercolour
from .tone import keep_tone

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

#: Styles that leave paper bare: it takes the tone of the skin.
PAPER = ("ink", "watercolour", "pencil")


def paint(name: str, texture: np.ndarray, regions: FacialRegions, parameters: dict) -> np.ndarray:
    """(S,S,3) float32 sRGB 0..1 of a texture (S,S,3) in a style, its skin as dark as before."""
    texture = np.ascontiguousarray(texture, np.float32)
    painted = np.clip(STYLES[name].paint(texture, regions, parameters), 0, 1).astype(np.float32)
    return painted if name == "photo" or parameters.get("mass") else keep_tone(texture, painted, regions, name in PAPER)
