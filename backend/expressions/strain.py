"""How an expression presses skin together and draws it out: closed form, for any mesh and any shape key.

Each triangle's metric in atlas coordinates, at rest and moved, gives its Green strain; displacement along the normals
tells where skin is bent to a valley. Both are gathered at a sparse grid of control points in the atlas and spread from
there (the sparse controls of EAvatar, arXiv 2508.13537), so what an expression adds is smooth, whatever the mesh's
triangles, and agrees on both sides of each UV seam.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ..head.atlas import AtlasMap
from ..head.mesh import HeadMesh, vertex_normals
from ..imaging.sample import fill_smoothly, masked_blur

#: Control points along a side of the atlas (2.4 to a hundredth of the face, as dense as a face's usual
#: vertices).
CONTROLS = 64


@dataclass(frozen=True)
class Rest:
    """The skin at rest, shared by all expressions of a head.

    layout: in the atlas, (S,S). metric: (C,C,3) its g11, g12, g22 in atlas coordinates, face heights squared.
    normals: (N,3). height: of the face, in units of the mesh.
    """

    mesh: HeadMesh
    layout: AtlasMap
    metric: np.ndarray
    normals: np.ndarray
    height: float


@dataclass(frozen=True)
class Strain:
    """What one expression does to the skin, at (C,C) control points.

    pressed: 0..1, by how much skin is shortened where it is shortened most. stretched: 0.., lengthened where most.
    across: (C,C,2) face heights per atlas, along which it is pressed: folds lie across. area: logarithm of its ratio.
    valley: face heights, how much deeper than its surroundings skin comes to lie.
    """

    pressed: np.ndarray
    stretched: np.ndarray
    across: np.ndarray
    area: np.ndarray
    valley: np.ndarray


def measure_rest(mesh: HeadMesh, layout: AtlasMap, height: float) -> Rest:
    return Rest(mesh, layout, _gather(_metric(mesh, layout, height), layout), vertex_normals(mesh), height)


def measure_strain(rest: Rest, moves: np.ndarray) -> Strain:
    """What the skin does that is moved by (N,3), in units of the mesh."""
    mesh, layout, height = rest.mesh, rest.layout, rest.height
    change = _metric(mesh, layout, height, moves) - _metric(mesh, layout, height)
    change = _gather(change, layout) / 2
    # whitened by the metric's Cholesky factor: lengths are those on the skin
    g11, g12, g22 = np.moveaxis(rest.metric, -1, 0)
    a = np.sqrt(np.maximum(g11, 1e-9))
    b = g12 / a
    c = np.sqrt(np.maximum(g22 - b * b, 1e-9))
    e11 = change[..., 0] / (a * a)
    e12 = (change[..., 1] - b * a * e11) / (a * c)
    e22 = (change[..., 2] - 2 * b * c * e12 - b * b * e11) / (c * c)
    middle, radius = (e11 + e22) / 2, np.hypot((e11 - e22) / 2, e12)
    angle = 0.5 * np.arctan2(2 * e12, e11 - e22) + np.pi / 2  # of the smaller eigenvalue
    x, y = np.cos(angle), np.sin(angle)
    stretches = [np.sqrt(np.maximum(1 + 2 * value, 0.01)) for value in (middle - radius, middle + radius)]
    along = np.repeat(np.einsum("nk,nk->n", rest.normals, moves / height)[:, None], 2, 1)  # OpenCV drops one channel
    field = layout.fragments.interpolate(mesh.corners(along.astype(np.float32)))
    height_field = _at_controls(field, layout.fragments.covered)[..., 0]
    # sigmas in control points between which a dent is a valley, not the face's form
    near, wide = (cv2.GaussianBlur(height_field, (0, 0), sigma) for sigma in (0.8, 3.0))
    return Strain(
        np.maximum(1 - stretches[0], 0),
        np.maximum(stretches[1] - 1, 0),
        np.stack([a * x, b * x + c * y], -1),
        np.log(stretches[0] * stretches[1]),
        wide - near,
    )


def reached(controls: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(n,) bool: atlas places (n,2) near which any of (C,C) control points has a value. Most expressions do little."""
    near = cv2.dilate((np.abs(controls) > 1e-3).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    column, row = np.clip((places * CONTROLS).astype(np.int32), 0, CONTROLS - 1).T
    return near[row, column]


def _metric(mesh: HeadMesh, layout: AtlasMap, height: float, moves: np.ndarray | None = None) -> np.ndarray:
    """(M,3) float32 first fundamental form of every triangle in atlas coordinates; nan for one without area there."""
    places = mesh.vertices.astype(np.float64) + (0 if moves is None else moves)
    corners = mesh.corners(places / height)
    edges = np.stack([corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]], 2)
    flat = np.stack([layout.corners[:, 1] - layout.corners[:, 0], layout.corners[:, 2] - layout.corners[:, 0]], 2)
    area = flat[:, 0, 0] * flat[:, 1, 1] - flat[:, 0, 1] * flat[:, 1, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.stack([flat[:, 1, 1], -flat[:, 0, 1], -flat[:, 1, 0], flat[:, 0, 0]], -1) / area[:, None]
    tangents = np.einsum("nij,njk->nik", edges, inverse.reshape(-1, 2, 2))
    tangents[np.abs(area) < 1e-9] = np.nan
    u, v = tangents[..., 0], tangents[..., 1]
    return np.stack([(u * u).sum(1), (u * v).sum(1), (v * v).sum(1)], 1).astype(np.float32)


def _gather(per_triangle: np.ndarray, layout: AtlasMap) -> np.ndarray:
    """(C,C,K) of (M,K) per triangle; ones that are not numbers count nowhere."""
    triangle = layout.fragments.triangle
    values = per_triangle[np.maximum(triangle, 0)]
    known = layout.fragments.covered & np.isfinite(values).all(-1)
    return _at_controls(np.where(known[..., None], values, 0), known)


def _at_controls(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    size = len(known)
    gathered = masked_blur(values.astype(np.float32), known, 0.7 * size / CONTROLS)  # sigma in control points
    near = cv2.dilate(known.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    gathered = fill_smoothly(gathered, near)
    return cv2.resize(gathered, (CONTROLS, CONTROLS), interpolation=cv2.INTER_AREA).reshape(
        CONTROLS, CONTROLS, values.shape[-1]
    )
