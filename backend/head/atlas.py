"""The canonical atlas: one UV domain for every head, in closed form.

A head's landmarks are moved onto the canonical ones (similarity, then a Gaussian radial-basis warp of what is left);
a point then maps by longitude and latitude about the head's centre. Nothing is learned, nothing drifts with pose
(the idea of Dual-UV, "Bringing your portrait to 3D presence", CVPR 2026), and left-right symmetry is a flip.

Atlas pictures have row 0 at the crown and wrap at their left and right edges (the back of the head).
"""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from ..verified import verified_arrays
from .landmarks import HeadLandmarks
from .mesh import HeadMesh
from .rasterize import POOL, Fragments, rasterize

#: Degrees of longitude and the atlas widths from the middle they map to: the face gets half of the width.
LONGITUDES, ACROSS = (0.0, 45.0, 90.0, 180.0), (0.0, 0.25, 0.39, 0.5)
#: Degrees of latitude, crown first, and the atlas heights they map to; the pole gets little.
LATITUDES, DOWN = (90.0, 48.0, -42.0, -68.0), (0.0, 0.14, 0.86, 1.0)
#: Texels of a side at which portraits and parts of faces are looked up in the atlas.
LOOKED_UP = 512
#: The warp's reach in face heights (prototype: 0.3 with a ridge of 0.5 kept ears and mouths unbent).
REACH = 0.3
CANONICAL = Path(__file__).with_name("canonical_landmarks.npz")


@dataclass(frozen=True)
class CanonicalHead:
    """points: (468,3), x right, y up, z out of the face; origin inside the head; forehead to chin is 1."""

    points: np.ndarray
    trust: np.ndarray


@cache
def canonical_head() -> CanonicalHead:
    data = verified_arrays(CANONICAL)
    return CanonicalHead(data["points"].astype(np.float64), data["trust"].astype(np.float64))


@dataclass(frozen=True)
class CanonicalMap:
    """Mesh coordinates to canonical ones.

    similarity: (3,4), canonical = similarity @ (x, 1). centres: (k,3) canonical. coefficients: (k,3).
    """

    similarity: np.ndarray
    centres: np.ndarray
    coefficients: np.ndarray

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """(n,3) canonical coordinates of (n,3) mesh points."""
        moved = points @ self.similarity[:, :3].T + self.similarity[:, 3]
        centres, coefficients = self.centres.astype(np.float32), self.coefficients.astype(np.float32)

        rows = 2048  # so many times 468 distances stay in the processor's cache

        def share(low: int) -> np.ndarray:
            return _gauss(moved[low : low + rows].astype(np.float32), centres) @ coefficients

        return moved + np.concatenate([np.zeros((0, 3)), *POOL.map(share, range(0, len(moved), rows))])


def fit_canonical(landmarks: HeadLandmarks) -> CanonicalMap:
    """The similarity (Procrustes, Umeyama 1991) and the warp that bring a head's landmarks onto the canonical ones."""
    target = canonical_head()
    trust = landmarks.trust * target.trust
    frontal = landmarks.normals @ landmarks.rotation[2] > 0.35  # landmarks on silhouettes bend ears and mouths
    weights = np.where(frontal, trust, 0) + 1e-6
    similarity = procrustes(landmarks.points, target.points, weights)
    moved = landmarks.points @ similarity[:, :3].T + similarity[:, 3]
    residual = target.points - moved
    length = np.linalg.norm(residual, axis=1)
    kept = (weights > 0.05) & (length < 3 * np.median(length[weights > 0.05]))
    centres = moved[kept]
    kernel = _gauss(centres, centres)
    coefficients = np.linalg.solve(kernel + 0.5 * np.diag(1 / weights[kept]), residual[kept])
    return CanonicalMap(similarity, centres, coefficients)


def _gauss(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    kernel = a @ (2 * b.T)
    kernel -= (a**2).sum(1)[:, None]
    kernel -= (b**2).sum(1)[None]
    np.minimum(kernel, 0, out=kernel)
    kernel *= 1 / (2 * REACH**2)
    return np.exp(kernel, out=kernel)


def procrustes(source: np.ndarray, target: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(3,4) the similarity that brings (n,3) points onto others, by (n,) weights (Umeyama 1991)."""
    share = weights / weights.sum()
    a, b = share @ source, share @ target
    x, y = source - a, target - b
    u, s, vt = np.linalg.svd((share[:, None] * y).T @ x)
    sign = np.diag([1, 1, np.sign(np.linalg.det(u @ vt))])
    rotation = u @ sign @ vt
    scale = (s * np.diag(sign)).sum() / (share @ (x**2).sum(1))
    return np.concatenate([scale * rotation, (b - scale * rotation @ a)[:, None]], 1)


def to_atlas(canonical: np.ndarray) -> np.ndarray:
    """(…,2) atlas coordinates 0..1, x to the right and y down, of (…,3) canonical points, in their precision."""
    x, y, z = np.moveaxis(canonical, -1, 0)
    longitude = np.degrees(np.arctan2(x, z))
    latitude = np.degrees(np.arctan2(y, np.hypot(x, z)))
    u = 0.5 + np.copysign(np.interp(np.abs(longitude), LONGITUDES, ACROSS), longitude)
    v = np.interp(-latitude, -np.array(LATITUDES), DOWN)
    v = v + np.maximum(LATITUDES[-1] - latitude, 0) / 90  # below the atlas: outside 0..1 on purpose
    return np.stack([u, v], -1).astype(np.result_type(canonical, np.float32))


@dataclass(frozen=True)
class AtlasMap:
    """The head laid out in the atlas.

    fragments: which triangle each atlas texel shows (outermost layer).
    corners: (M,3,2) atlas coordinates of the triangle corners, unwrapped so that no triangle spans the seam.
    canonical: (N,3) canonical coordinates of the vertices.
    """

    fragments: Fragments
    corners: np.ndarray
    canonical: np.ndarray


def map_atlas(mesh: HeadMesh, canonical: np.ndarray, size: int) -> AtlasMap:
    """Rasterise a head into the atlas; where layers fold, the outermost wins."""
    corners = to_atlas(mesh.corners(canonical))
    corners[..., 0] = unwrap(corners[..., 0])
    radius = np.linalg.norm(mesh.corners(canonical), axis=-1)
    u_low, u_high = corners[..., 0].min(1), corners[..., 0].max(1)
    # triangles across the seam are drawn twice, once at each edge
    copies, owners = [corners], [np.arange(len(corners))]
    for crossing, step in ((u_high > 1, -1.0), (u_low < 0, 1.0)):
        copies.append(corners[crossing] + (step, 0.0))
        owners.append(np.nonzero(crossing)[0])
    drawn, owner = np.concatenate(copies), np.concatenate(owners)
    drawn = np.where((np.ptp(drawn[..., 0], axis=1) < 0.5)[:, None, None], drawn, np.nan)
    fragments = rasterize(drawn * size, size, size, depth=-radius[owner])
    spans = replace(fragments.spans, triangle=owner[fragments.spans.triangle].astype(np.int32))
    return AtlasMap(Fragments(fragments.number, spans), corners, canonical)


def unwrap(u: np.ndarray) -> np.ndarray:
    """(M,3) longitudes of triangle corners, shifted by whole turns so that each triangle is in one piece."""
    first = u[:, :1]
    return u - np.round(u - first)
