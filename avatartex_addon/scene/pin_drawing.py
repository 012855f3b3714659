"""Named points over an editor: full where the artist pinned them, hollow where the backend has them."""

from __future__ import annotations

import math

import blf
import bpy
import gpu
from gpu_extras.batch import batch_for_shader

PINNED, SUGGESTED, ACTIVE, SHADE = (1.0, 0.24, 0.86, 1.0), (1.0, 0.9, 0.16, 1.0), (1.0, 1.0, 1.0, 1.0), (0, 0, 0, 0.6)
RADIUS, CORNERS, TEXT = 5.0, 20, 12


def draw_points(points: list[tuple[str, tuple[float, float], bool, bool]]) -> None:
    """Draw (text, region pixels, pinned, active) in the running draw handler's region."""
    scale = bpy.context.preferences.system.ui_scale
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    gpu.state.blend_set("ALPHA")
    for _, (x, y), pinned, active in points:
        colour = ACTIVE if active else PINNED if pinned else SUGGESTED
        radius = RADIUS * scale * (1.4 if active else 1.0)
        disc(shader, x, y, radius + 1.5 * scale, 0 if pinned else radius - 2.5 * scale, SHADE)
        disc(shader, x, y, radius, 0 if pinned else radius - 1.5 * scale, colour)
    gpu.state.blend_set("NONE")
    blf.size(0, TEXT * scale)
    for text, (x, y), pinned, active in points:
        if not (pinned or active):
            continue  # 22 names over a face hide it
        blf.enable(0, blf.SHADOW)
        blf.shadow(0, 3, 0, 0, 0, 1)
        blf.color(0, *(ACTIVE if active else PINNED))
        blf.position(0, x + 9 * scale, y + 5 * scale, 0)
        blf.draw(0, text)
        blf.disable(0, blf.SHADOW)


def disc(shader, x: float, y: float, outer: float, inner: float, colour: tuple[float, ...]) -> None:
    """A disc, or a ring with an inner radius; triangles, for lines and points have widths of the driver's choice."""
    vertices, triangles = [], []
    for i in range(CORNERS):
        angle = 2 * math.pi * i / CORNERS
        c, s = math.cos(angle), math.sin(angle)
        vertices += [(x + c * outer, y + s * outer), (x + c * inner, y + s * inner)]
        a, b = 2 * i, 2 * ((i + 1) % CORNERS)
        triangles += [(a, b, a + 1), (b, b + 1, a + 1)]
    batch = batch_for_shader(shader, "TRIS", {"pos": vertices}, indices=triangles)
    shader.bind()
    shader.uniform_float("color", colour)
    batch.draw(shader)
