"""From heights to a normal map: the slope in space, then in the tangent frames in which renderers read it.

These are MikkTSpace's (Morten Mikkelsen, 2008), which Blender, Unity, Unreal and glTF's viewers share: a tangent per
corner, the mean by angle of the faces around that share place, UV and the UV's handedness; bitangent = handedness x
(normal x tangent). Mirrored islands differ in handedness, so the same relief gives each its own colours.
"""

from dataclasses import dataclass

import numpy as np

from ..compose.texels import Texels
from ..head.mesh import HeadMesh
from ..threads import CORES, start_threads

POOL = start_threads(CORES)


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


#: Steepest relief: 30 degrees. What is steeper shimmers, and skin hardly is.
STEEPEST = float(np.tan(np.radians(30)))
#: Texels of a part, see compose/colouring.py.
PART = 1 << 18


def slopes(height: np.ndarray, filled: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """(n,), (n,) change of (H,W) heights per unit of u and of v, at the n filled texels. Beside an island's rim, one
    neighbour is compared with the texel itself.

    Args:
        size: texels of the texture that the heights are a part of.
    """
    found = []
    for axis, sign in ((1, 1.0), (0, -1.0)):  # v runs upwards, rows run down
        change, steps = np.zeros_like(height), np.zeros(height.shape, np.int8)
        low = tuple(slice(None, -1) if axis == one else slice(None) for one in (0, 1))
        high = tuple(slice(1, None) if axis == one else slice(None) for one in (0, 1))
        step = (height[high] - height[low]) * (filled[high] & filled[low])
        for side in (low, high):
            change[side] += step
            steps[side] += filled[high] & filled[low]
        found.append(change[filled] * (np.float32(sign * size) / np.maximum(steps[filled], 1)))
    return found[0], found[1]


def tangent_normals(mesh: HeadMesh, frames: Frames, texels: Texels, by_u: np.ndarray, by_v: np.ndarray) -> np.ndarray:
    """(n,3) float32 unit normals of n texels in their tangent frames: along the tangent, along the bitangent (up in the
    picture), outwards.

    The surface's gradient is that of Mikkelsen, "Surface gradient based bump mapping framework" (JCGT 2020).

    Args:
        by_u, by_v: (n,) change of the height, mesh units per unit of the UV map.
    """
    out = np.empty((len(by_u), 3), np.float32)

    def work(first: int) -> None:
        part = slice(first, first + PART)
        triangle, weights = texels.triangle[part], np.clip(texels.weights[part], 0, 1)
        normal = np.einsum("nkc,nk->nc", frames.normals[mesh.triangles[triangle]], weights)
        normal /= np.maximum(np.sqrt(dot(normal, normal)), 1e-9)
        tangent = np.einsum("nkc,nk->nc", frames.tangents[triangle], weights)
        tangent /= np.maximum(np.sqrt(dot(tangent, tangent)), 1e-9)
        bitangent = np.cross(normal, tangent) * frames.signs[triangle, None]
        along_u, along_v = frames.along_u[triangle], frames.along_v[triangle]
        one, two = np.cross(along_v, normal), np.cross(normal, along_u)
        area = dot(along_u, one)
        inverse = np.where(np.abs(area) > 1e-20, 1 / np.where(area == 0, 1, area), 0)
        gradient = (by_u[part, None] * one + by_v[part, None] * two) * inverse
        steep = np.sqrt(dot(gradient, gradient))
        gradient *= STEEPEST * np.tanh(steep / STEEPEST) / np.maximum(steep, 1e-12)
        # the tangent between corners is not quite upright on the normal: the bitangent is on both
        up = -dot(gradient, bitangent) / np.maximum(dot(bitangent, bitangent), 1e-9)
        lean = dot(tangent, normal)
        right = -dot(gradient, tangent) / np.maximum(1 - lean**2, 1e-6)
        made = np.concatenate([right, up, 1 - right * lean], 1)
        out[part] = made / np.sqrt(dot(made, made))

    list(POOL.map(work, range(0, len(by_u), PART)))
    return out


def dot(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(n,1) of (n,3) each; a sum over so short an axis takes NumPy three times as long."""
    return np.einsum("nc,nc->n", one, other)[:, None]
