"""Painters' styles: what a photographic texture looks like drawn, painted or modelled.

Each is a module with draw(random) -> parameters (JSON) and paint(texture (S,S,3) float32 sRGB, regions, parameters)
-> (S,S,3) float32 sRGB, and a row of STYLES. Nothing moves: eyes, nose and mouth stay at their texels. Nobody gets
another skin: paper takes the skin's tone where it is skin.
`python -m backend.lab texhub styles` draws the sample sheet.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType

import numpy as np

from ..head.facial_regions import FacialRegions
from . import anime, cel, clay, ink, oil, pencil, photo, pixel, watercolour
from .tone import keep_tone


@dataclass(frozen=True)
class Style:
    """scaled: parameters that grow with the artist's scale (1) or shrink (-1). shaded: it shades by itself, and is
    painted on the texture without the portrait's light. paper: what it leaves bare is paper, in the tone of the skin.
    tones: flat ones of its shading, 0 is smooth.
    """

    module: ModuleType
    scaled: Mapping[str, int] = field(default_factory=dict)
    shaded: bool = False
    paper: bool = False
    tones: int = 0

    def draw(self, random: np.random.Generator) -> dict:
        return self.module.draw(random)


STYLES = {
    "photo": Style(photo),
    "cel": Style(cel, {"line": 1}, shaded=True, tones=3),
    "anime": Style(anime, {"lash": 1}, shaded=True, tones=2),
    "ink": Style(ink, {"pitch": 1, "line": 1}, paper=True, tones=2),
    "oil": Style(oil, {"radius": 1, "length": 1}),
    "watercolour": Style(watercolour, {"patch": 1}, paper=True),
    "pencil": Style(pencil, {"width": 1, "line": 1}, paper=True),
    "clay": Style(clay, {"soft": 1, "mark": 1}, shaded=True),
    "pixel": Style(pixel, {"across": -1}, tones=3),
}


def paint(name: str, texture: np.ndarray, regions: FacialRegions, parameters: dict) -> np.ndarray:
    """(S,S,3) float32 sRGB 0..1 of a texture (S,S,3) in a style, its skin as dark as before."""
    texture, style = np.ascontiguousarray(texture, np.float32), STYLES[name]
    painted = np.clip(style.module.paint(texture, regions, parameters), 0, 1).astype(np.float32)
    return painted if name == "photo" or parameters.get("mass") else keep_tone(texture, painted, regions, style.paper)
