"""From heights to a normal map: the slope of the surface in space, then in the tangent frame of the UV map."""

import numpy as np

from ..compose.texels import Texels
from ..head.mesh import HeadMesh
from ..threads import CORES, start_threads
from .tangents import Frames

#: Steepest relief: 30 degrees. What is steeper shimmers, and skin hardly is.
STEEPEST = float(np.tan(np.radians(30)))
#: Texels of a part, see compose/colouring.py.
PART = 1 << 18
POOL = start_threads(CORES)


def slopes(height: np.ndarray, filled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n,), (n,) change of (S,S) heights per unit of u and of v, at the n filled texels. Beside an island's rim, one
    neighbour is compared with the texel itself."""
    size = len(height)
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
        normal = (frames.normals[mesh.triangles[triangle]] * weights[..., None]).sum(1)
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
        tangent = (frames.tangents[triangle] * weights[..., None]).sum(1)
        tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
        bitangent = np.cross(normal, tangent) * frames.signs[triangle, None]
        along_u, along_v = frames.along_u[triangle], frames.along_v[triangle]
        one, two = np.cross(along_v, normal), np.cross(normal, along_u)
        area = (along_u * one).sum(1)
        inverse = np.where(np.abs(area) > 1e-20, 1 / np.where(area == 0, 1, area), 0)
        gradient = (by_u[part, None] * one + by_v[part, None] * two) * inverse[:, None]
        steep = np.linalg.norm(gradient, axis=1, keepdims=True)
        gradient *= STEEPEST * np.tanh(steep / STEEPEST) / np.maximum(steep, 1e-12)
        # the tangent between corners is not quite upright on the normal: the bitangent is on both
        up = -(gradient * bitangent).sum(1) / np.maximum((bitangent**2).sum(1), 1e-9)
        lean = (tangent * normal).sum(1)
        against = -(gradient * tangent).sum(1)
        right = against / np.maximum(1 - lean**2, 1e-6)
        made = np.stack([right, up, 1 - right * lean], 1)
        out[part] = made / np.linalg.norm(made, axis=1, keepdims=True)

    list(POOL.map(work, range(0, len(by_u), PART)))
    return out
