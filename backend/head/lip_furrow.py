"""Where the lips of a head end towards each other: along the furrow between them, or around a gap.

On a bare head the landmark network reads that line up to three hundredths of the face off; the mesh has it exactly.
"""

from __future__ import annotations

import numpy as np

from ..imaging.sample import sample
from ..portrait.lip_edges import CHIN, FOREHEAD, LipEdges, Strip, furrow
from .camera import Camera
from .mesh import HeadMesh
from .rasterize import rasterize

#: Depth in face heights that says as much of where the furrow is as one deviation of a landmark; that is inside.
DEEP, BEHIND = 0.004, 0.025
#: Rows of a strip that a gap has at least in half of the columns; less is the furrow.
GAP = 5


def find_head_edges(mesh: HeadMesh, camera: Camera, points: np.ndarray) -> LipEdges:
    """The edges of the lips of a head as a camera sees it: along the furrow between them, or around a deep gap.

    Args:
        points: (468,2) the landmarks as the camera sees them.
    """
    strip = Strip(points)
    height = float(np.linalg.norm(points[FOREHEAD] - points[CHIN])) / strip.step  # in rows
    low = strip.places.reshape(-1, 2).min(0) - 2 * strip.step
    size = np.ceil((strip.places.reshape(-1, 2).max(0) - low) / strip.step).astype(int) + 2
    pixels, depth = camera.project(mesh.vertices.astype(np.float64))
    corners = mesh.corners((pixels - low) / strip.step)
    near = ((corners.max(1) > 0) & (corners.min(1) < size)).all(1)
    fragments = rasterize(corners[near], int(size[0]), int(size[1]), depth=mesh.corners(depth)[near])
    shown = fragments.interpolate(mesh.corners(depth)[near][..., None])[..., 0]
    shown = np.where(fragments.covered, shown, shown[fragments.covered].max() if fragments.covered.any() else 0)
    tall = camera.focal / max(float(np.median(shown)), 1e-9) / strip.step / height  # of depth, to face heights
    away = sample(shown.astype(np.float32), (strip.places - low) / strip.step) * tall
    line = furrow(-away, strip, height, DEEP)
    return LipEdges(*(strip.pixels(edge) for edge in around_gap(away, line, strip)))


def around_gap(away: np.ndarray, line: np.ndarray, strip: Strip) -> tuple[np.ndarray, np.ndarray]:
    """(COLUMNS,) rows above and below the line where a head's lips end, both the line's own where they touch.

    Args:
        away: (rows,COLUMNS) depth in face heights. line: (COLUMNS,) rows.
    """
    row = np.arange(len(away))[:, None] + 0.5
    over, under = row < line, row > line
    lips = [np.where(part, away, np.inf).min(0) for part in (over & (row > strip.over), under & (row < strip.under))]
    solid = away < np.maximum(*lips) + BEHIND
    upper = np.where(over & solid, row + 0.5, 0).max(0)
    lower = np.where(under & solid, row - 0.5, len(away)).min(0)
    return (line, line) if np.median(lower - upper) < GAP else (upper, lower)
