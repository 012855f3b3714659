"""The tangent frames in which renderers read normal maps, after MikkTSpace (Morten Mikkelsen, 2008).

Blender, Unity, Unreal and glTF's viewers share it: a tangent per corner, the mean by angle of the faces around that
share place, UV and the UV's handedness; bitangent = handedness x (normal x tangent). Mirrored islands differ in
handedness, so the same relief gives each its own colours.
"""

from dataclasses import dataclass

import numpy as np

from ..head.mesh import HeadMesh


@dataclass(frozen=True)
class Frames:
    """tangents: (M,3,3) unit, at the corners of the triangles. signs: (M,) 1, or -1 where the UV map is mirrored.
    along_u, along_v: (M,3) mesh units per unit of the UV map. normals: (N,3) of the vertices."""

    tangents: np.ndarray
    signs: np.ndarray
    along_u: np.ndarray
    along_v: np.ndarray
    normals: np.ndarray


def find_frames(mesh: HeadMesh, normals: np.ndarray) -> Frames:
    """Of one tile's mesh.

    Args:
        normals: (N,3) unit, of the whole head's vertices.
    """
    places = mesh.corners(mesh.vertices).astype(np.float64)
    uv = mesh.corner_uvs.astype(np.float64)
    p1, p2 = places[:, 1] - places[:, 0], places[:, 2] - places[:, 0]
    (s1, t1), (s2, t2) = (uv[:, 1] - uv[:, 0]).T, (uv[:, 2] - uv[:, 0]).T
    area = s1 * t2 - s2 * t1
    with np.errstate(divide="ignore", invalid="ignore"):
        along_u = np.where(np.abs(area) > 1e-14, (t2[:, None] * p1 - t1[:, None] * p2).T / area, 0).T
        along_v = np.where(np.abs(area) > 1e-14, (s1[:, None] * p2 - s2[:, None] * p1).T / area, 0).T
    signs = np.where(area < 0, -1.0, 1.0)
    at = mesh.corners(normals.astype(np.float64))
    flat = flattened(np.repeat(along_u[:, None], 3, 1), at)
    angles = np.stack([angle(places, at, corner) for corner in range(3)], 1)
    u, v = np.rint(np.moveaxis(uv, -1, 0) * (1 << 20)).astype(np.int64)
    key = np.stack([mesh.welded[mesh.triangles], u, v, np.repeat(signs[:, None], 3, 1).astype(np.int64)], -1)
    _, group = np.unique(key.reshape(-1, 4), axis=0, return_inverse=True)
    group = group.ravel()
    weighted = (flat * angles[..., None]).reshape(-1, 3)
    total = np.stack([np.bincount(group, weighted[:, axis]) for axis in range(3)], 1)
    tangents = flattened(total[group].reshape(-1, 3, 3), at)
    return Frames(*(np.asarray(part, np.float32) for part in (tangents, signs, along_u, along_v, normals)))


def flattened(vectors: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """(…,3) unit vectors in the planes of (…,3) normals; 0 for those that stand upright or are none."""
    flat = vectors - normals * (vectors * normals).sum(-1, keepdims=True)
    length = np.linalg.norm(flat, axis=-1, keepdims=True)
    return flat / np.maximum(length, 1e-20)


def angle(places: np.ndarray, normals: np.ndarray, corner: int) -> np.ndarray:
    """(M,) radians of one corner of each triangle (M,3,3), its edges laid into the plane of its normal."""
    at, before, after = (places[:, (corner + step) % 3] for step in (0, 2, 1))
    one, two = (flattened(other - at, normals[:, corner]) for other in (before, after))
    return np.arccos(np.clip((one * two).sum(1), -1, 1))
