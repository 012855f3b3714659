"""The head from several sides without perspective, at one size for all heads: pictures in which a length on skin
is the same number of pixels, whatever the mesh's UV map does to it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .mesh import HeadMesh, vertex_normals
from .rasterize import Fragments, rasterize

#: Degrees about the upright axis: the face, both its sides, both ears.
YAWS = (0.0, -45.0, 45.0, -90.0, 90.0)
#: What the pictures hold, in face heights: across, and from the top of the head (canonical y) down to -0.75.
WIDTH, TOP = 1.7, 0.95


@dataclass(frozen=True)
class Side:
    """One side: which triangle each pixel shows, and (H,W) how much it faces the viewer (cosine, 0 where nothing is).

    mesh: with the triangles turned away left out; fragments count them.
    """

    mesh: HeadMesh
    fragments: Fragments
    facing: np.ndarray

    def at(self, per_vertex: np.ndarray) -> np.ndarray:
        """(H,W,C) float32 of (N,C) values at vertices."""
        return self.fragments.interpolate(self.mesh.corners(per_vertex))


def sides(mesh: HeadMesh, canonical: np.ndarray, density: float, yaws: Sequence[float] = YAWS) -> Iterator[Side]:
    """Draw the head from each side, one after the other.

    Args:
        canonical: (N,3) canonical coordinates of the vertices. density: pixels per face height.
    """
    normals = vertex_normals(mesh, canonical)
    width, height = round(WIDTH * density), round((TOP - -0.75) * density)
    for yaw in yaws:
        turn = np.radians(yaw)
        right = np.array([np.cos(turn), 0, -np.sin(turn)])
        towards = np.array([np.sin(turn), 0, np.cos(turn)])
        faces = mesh.corners(normals @ towards).max(1) > 0.2
        shown = replace(mesh, triangles=mesh.triangles[faces], corner_uvs=mesh.corner_uvs[faces])
        pixels = np.stack([canonical @ right + WIDTH / 2, TOP - canonical[:, 1]], -1) * density
        fragments = rasterize(shown.corners(pixels), width, height, depth=-shown.corners(canonical @ towards))
        facing = fragments.interpolate(shown.corners((normals @ towards)[:, None]))[..., 0]
        yield Side(shown, fragments, facing)


def texels_per_face(mesh: HeadMesh, canonical: np.ndarray, size: int) -> float:
    """Texels per face height on the skin in front of the ears, on average over its area."""
    uv, places = mesh.corner_uvs * size, mesh.corners(canonical)
    ab, ac = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    texels = np.abs(ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0])
    area = np.linalg.norm(np.cross(places[:, 1] - places[:, 0], places[:, 2] - places[:, 0]), axis=1)
    face = (places.mean(1)[:, 2] > 0) & (np.abs(places.mean(1)[:, 1]) < 0.5)
    return float(np.sqrt(texels[face].sum() / max(area[face].sum(), 1e-9)))
