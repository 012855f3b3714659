"""The head unrolled: a picture around its upright axis in which a length on skin is about the same number of pixels
everywhere, and a place on the face the same place for all heads.

The canonical atlas squeezes the sides and the back to leave the face its texels; views of the head (sides.py) meet at
cheeks, where each is slanted; a UV map cuts. Here the longitude's length along the skin goes across and height goes
down, so that tiles of fine detail can be cut anywhere. What faces up or down has no place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .atlas import unwrap
from .mesh import HeadMesh, vertex_normals
from .rasterize import Fragments, rasterize

#: Degrees of longitude, and the length of skin to there in face heights, on average over the MakeHuman heads between
#: brows and chin.
LONGITUDES = (0.0, 15.0, 30.0, 45.0, 60.0, 75.0, 90.0, 120.0, 150.0, 180.0)
LENGTHS = (0.0, 0.16, 0.32, 0.48, 0.61, 0.73, 0.85, 1.06, 1.25, 1.4375)
#: Face heights: all the way around, and from top to bottom (canonical y).
WIDTH, TOP, BOTTOM = 2 * LENGTHS[-1], 0.75, -0.75


def unroll(canonical: np.ndarray) -> np.ndarray:
    """(…,2) face heights to the right, 0 to WIDTH with the nose in the middle, and down from TOP, of (…,3) canonical
    points."""
    x, y, z = np.moveaxis(canonical, -1, 0)
    longitude = np.degrees(np.arctan2(x, z))
    across = np.copysign(np.interp(np.abs(longitude), LONGITUDES, LENGTHS), longitude)
    return np.stack([across + WIDTH / 2, TOP - y], -1)


def outward(canonical: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """(…,) cosine between (…,3) canonical normals and the direction from which the unrolled picture sees the points."""
    level = canonical[..., [0, 2]]
    level = level / np.maximum(np.linalg.norm(level, axis=-1, keepdims=True), 1e-6)
    return (normals[..., [0, 2]] * level).sum(-1)


@dataclass(frozen=True)
class Unrolled:
    """fragments: which triangle of the mesh each pixel shows, the outermost; (H,W). place: (H,W,3) canonical, facing:
    (H,W) outward(); zero where nothing is."""

    mesh: HeadMesh
    fragments: Fragments
    place: np.ndarray
    facing: np.ndarray

    def at(self, per_vertex: np.ndarray) -> np.ndarray:
        """(H,W,C) float32 of (N,C) values at vertices."""
        return self.fragments.interpolate(self.mesh.corners(per_vertex))


def unrolled(mesh: HeadMesh, canonical: np.ndarray, density: float) -> Unrolled:
    """Draw a head unrolled, density pixels per face height.

    Args:
        canonical: (N,3) canonical coordinates of the vertices.
    """
    corners = mesh.corners(canonical)
    flat = unroll(corners) / (WIDTH, 1)
    flat[..., 0] = unwrap(flat[..., 0])
    copies, owners = [flat], [np.arange(len(flat))]
    for crossing, step in ((flat[..., 0].max(1) > 1, -1.0), (flat[..., 0].min(1) < 0, 1.0)):
        copies.append(flat[crossing] + (step, 0.0))
        owners.append(np.flatnonzero(crossing))
    drawn, owner = np.concatenate(copies), np.concatenate(owners)
    drawn = np.where((np.ptp(drawn[..., 0], axis=1) < 0.3)[:, None, None], drawn, np.nan)
    width, height = round(WIDTH * density), round((TOP - BOTTOM) * density)
    radius = np.hypot(corners[..., 0], corners[..., 2])[owner]
    fragments = rasterize(drawn * (width, density), width, height, depth=-radius)
    spans = fragments.spans
    fragments = Fragments(fragments.number, type(spans)(
        owner[spans.triangle].astype(np.int32), spans.start, spans.length, spans.weights, spans.slopes,
    ))
    place = fragments.interpolate(corners.astype(np.float32))
    normals = fragments.interpolate(mesh.corners(vertex_normals(mesh, canonical)).astype(np.float32))
    return Unrolled(mesh, fragments, place, outward(place, normals) * fragments.covered)
