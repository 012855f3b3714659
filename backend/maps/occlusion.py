"""How much of an even sky each vertex of a head sees: the head is drawn from many sides, and who is in front counts."""

import numpy as np

from ..head.mesh import HeadMesh
from ..head.rasterize import rasterize
from ..imaging.sample import sample

#: Pixels of a view's side.
PIXELS = 320


def find_occlusion(mesh: HeadMesh, normals: np.ndarray) -> np.ndarray:
    """(N,) float32 0..1, the share of an even sky that reaches each vertex; 1 in the open.

    Args:
        normals: (N,3) unit, of the vertices.
    """
    used = np.unique(mesh.triangles)
    low, high = mesh.vertices[used].min(0), mesh.vertices[used].max(0)
    extent = float(np.linalg.norm(high - low)) or 1.0
    middle = (low + high) / 2
    places = (mesh.vertices - middle) / extent  # within half a unit of the middle
    asked = places + normals * 0.004  # above the surface, as a share of the head's extent
    # with 64 directions an even plane's sky is off by 0.02
    count = 64 if len(mesh.triangles) <= 200_000 else 32
    seen, sky = np.zeros(len(places), np.float32), np.zeros(len(places), np.float32)
    for towards in sphere(count):
        cosine = np.maximum(normals @ towards, 0).astype(np.float32)
        right, up = basis(towards)
        flat = (np.stack([places @ right, places @ up], 1) + 0.5) * PIXELS
        near = -(places @ towards)
        shown = rasterize(flat[mesh.triangles], PIXELS, PIXELS, near[mesh.triangles])
        depth = shown.interpolate(near[mesh.triangles][..., None].astype(np.float32))[..., 0]
        depth = np.where(shown.covered, depth, 2).astype(np.float32)
        spot = (np.stack([asked @ right, asked @ up], 1) + 0.5) * PIXELS
        free = -(asked @ towards) <= sample(depth, spot.astype(np.float32), 0) + 0.004
        seen += cosine * free
        sky += cosine
    return (seen / np.maximum(sky, 1e-6)).astype(np.float32)


def sphere(count: int) -> np.ndarray:
    """(count,3) unit directions, evenly spread: a Fibonacci lattice."""
    at = np.arange(count) + 0.5
    height, turn = 1 - 2 * at / count, at * np.pi * (1 + 5**0.5)
    radius = np.sqrt(1 - height**2)
    return np.stack([radius * np.cos(turn), height, radius * np.sin(turn)], 1).astype(np.float32)


def basis(towards: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two unit directions across a (3,) unit one."""
    other = np.eye(3, dtype=np.float32)[np.argmin(np.abs(towards))]
    right = np.cross(other, towards)
    right /= np.linalg.norm(right)
    return right, np.cross(towards, right)
