"""The sample sheet: one face per row in every style, then each style with other parameters and under a light."""

from __future__ import annotations

import numpy as np

from ...styles import STYLES, paint
from ...variants.sheet import titled
from .lights import draw_light, lit, shading
from .recipe import draw_recipe
from .render import face, to_bytes
from .sources import Sources


def style_sheet(sources: Sources, seed: int = 0, rows: int = 4) -> np.ndarray:
    """(H,W,3) uint8 sRGB: a column per style; rows of different faces, tones and parameters, the last two rows lit."""
    faces = spread_of_tones(sources, seed, rows)
    lines = []
    for number, texture in enumerate([*faces, *faces[:2]]):
        tiles = []
        for column, (name, style) in enumerate(STYLES.items()):
            random = np.random.default_rng([seed, number, column])
            picture = paint(name, texture, sources.regions, style.draw(random))
            if number >= rows:
                picture = lit(picture, shading(draw_light(random), sources.normals, style.tones))
            tiles.append(titled(to_bytes(picture), name if number < rows else f"{name}, lit"))
        lines.append(np.concatenate(tiles, 1))
    return np.concatenate(lines, 0)


def spread_of_tones(sources: Sources, seed: int, count: int) -> list[np.ndarray]:
    """(S,S,3) float32 photographic faces, pale to dark."""
    drawn = [face(sources, draw_recipe(sources, seed, index, "train")) for index in range(6 * count)]
    drawn.sort(key=lambda one: -one[2])
    return [drawn[index][0] for index in np.linspace(1, len(drawn) - 2, count).round().astype(int)]
