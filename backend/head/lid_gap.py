"""Whether a head's lids are shut: the upper lid's edge lies on the lower one, below the corners of the eye.

The landmark network reads a grey render's shut lids as open ones (0.20 to 0.28 of their width); the mesh tells.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from .landmarks import HeadLandmarks
from .mesh import HeadMesh
from .rasterize import rasterize

#: Outer and inner corner of the right and the left eye; opening over its width below which an eye is shut: twelve who
#: smile have 0.19 to 0.37, six heads 0.23 to 0.45.
CORNERS, SHUT = ((33, 133), (263, 362)), 0.12
#: Columns and rows of a look at an eye, and what they show of it, in widths of the eye.
COLUMNS, ROWS, ACROSS, DOWN = 24, 72, 0.6, 1.2
#: Widths of the eye around its middle that tell what is skin: eyeballs and lashes are pieces of their own.
AROUND = 1.0
#: An edge of a lid: a step of so many widths of the eye within so many rows; and how deep a socket counts at most.
STEP, WITHIN, DEEPEST = 0.05, 3, 0.5
#: Share of the columns in which the upper lid must end in an edge, and widths of the eye above its corners up to which
#: that may lie: open eyes' lie 0.11 to 0.26 above on six heads, those of lids drawn shut 0.03 to 0.17 below.
EDGED, ABOVE = 0.6, 0.05


def find_shut_lids(mesh: HeadMesh, head: HeadLandmarks) -> np.ndarray:
    """(2,) bool, of the right and the left eye; False too where eyes are no opening of the skin, but its relief."""
    turned = mesh.vertices @ head.rotation.T.astype(np.float32)
    return np.array([_is_shut(mesh, turned, head.points[list(corners)] @ head.rotation.T) for corners in CORNERS])


def _is_shut(mesh: HeadMesh, turned: np.ndarray, corners: np.ndarray) -> bool:
    """turned: (N,3) vertices, right, up and towards the viewer. corners: (2,3) of the eye."""
    width = max(float(np.linalg.norm(np.subtract(*corners)[:2])), 1e-9)
    places = ((turned - corners.mean(0)) / width * (1, -1, -1)).astype(np.float32)
    triangles = skin_around(mesh, places)
    pixels, away = (places[:, :2] / (ACROSS, DOWN) + 0.5) * (COLUMNS, ROWS), places[:, 2]
    fragments = rasterize(pixels[triangles], COLUMNS, ROWS, depth=away[triangles])
    shown = fragments.interpolate(away[triangles][..., None])[..., 0]
    deepest = shown[fragments.covered].min(initial=0) + DEEPEST
    return ends_below_corners(np.where(fragments.covered, shown, deepest).clip(max=deepest))


def skin_around(mesh: HeadMesh, places: np.ndarray) -> np.ndarray:
    """(m,3) the triangles around an eye that hang together and cover most of it.

    Args:
        places: (N,3) vertices in widths of the eye from its middle: right, down, away.
    """
    corners = mesh.corners(places)
    near = (np.abs(corners).min(1) < AROUND).all(1)
    triangles, corners = mesh.triangles[near], corners[near]
    place = mesh.welded[triangles]
    links = np.concatenate([place[:, [0, 1]], place[:, [1, 2]]]).T
    count = int(place.max(initial=0)) + 1
    piece = connected_components(coo_matrix((np.ones(links.shape[1]), links), (count, count)), directed=False)[1]
    edges = corners[:, 1:] - corners[:, :1]
    area = np.abs(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0])
    covers = np.bincount(piece[place[:, 0]], area, minlength=1)
    return triangles[piece[place[:, 0]] == covers.argmax()]


def ends_below_corners(away: np.ndarray) -> bool:
    """Whether the upper lid's edge lies on the lower lid.

    Args:
        away: (ROWS,COLUMNS) depth in widths of the eye, its corners' middle in the middle.
    """
    step = away[WITHIN:] - away[:-WITHIN]
    upper, column = step.argmax(0), np.arange(COLUMNS)
    edged = step[upper, column] > STEP
    if edged.mean() < EDGED:
        return False
    rising = (step < -STEP) & (np.arange(len(step))[:, None] > upper)
    lower = np.where(rising.any(0), len(step) - 1 - rising[::-1].argmax(0), upper)
    gap = np.median((lower - upper)[edged]) * DOWN / ROWS
    line = (np.median(upper[edged]) + WITHIN / 2) * DOWN / ROWS - DOWN / 2
    return bool(gap < SHUT and line > -ABOVE)
