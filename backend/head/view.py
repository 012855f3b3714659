"""The untextured head as a grey picture, so that the portrait's own landmark network can read it.

Found in the prototype: the network finds the face in grey Lambert renders of untextured heads, so a mesh needs
no rig, no template and no named vertices to be understood.
"""

from dataclasses import dataclass

import numpy as np

from ..options import AUTO
from .mesh import HeadMesh, vertex_normals
from .rasterize import Fragments, rasterize

#: Light from the upper right in front: relief on both sides of the nose without black shadows.
LIGHT = np.array([0.45, 0.55, 0.70]) / np.linalg.norm([0.45, 0.55, 0.70])


@dataclass(frozen=True)
class HeadView:
    """An orthographic picture of the head from the front.

    rotation: (3,3) rows are the picture's right, up and towards the viewer in mesh axes.
    centre: (3,) mesh point in the middle of the picture.
    scale: pixels per mesh unit.
    grey: (H,W,3) float32 0..1, a Lambert render on mid grey.
    fragments: which triangle each pixel shows.
    """

    rotation: np.ndarray
    centre: np.ndarray
    scale: float
    grey: np.ndarray
    fragments: Fragments

    def to_mesh_ray(self, points: np.ndarray) -> np.ndarray:
        """(n,3) mesh points in the picture plane through the centre, for (n,2) pixels."""
        half = self.grey.shape[0] / 2
        plane = np.stack([(points[:, 0] - half), (half - points[:, 1]), np.zeros(len(points))], 1) / self.scale
        return plane @ self.rotation + self.centre

    def to_pixels(self, points: np.ndarray) -> np.ndarray:
        """(n,2) pixels that show (n,3) mesh points."""
        half = self.grey.shape[0] / 2
        return half + (points - self.centre) @ self.rotation[:2].T * (self.scale, -self.scale)


def axis_rotation(up: np.ndarray, front: np.ndarray) -> np.ndarray:
    """(3,3) view rotation of a head whose crown points along up and whose face looks along front."""
    up = up / np.linalg.norm(up)
    front = front - up * (front @ up)
    front = front / np.linalg.norm(front)
    return np.stack([np.cross(up, front), up, front])


def orientations(mesh: HeadMesh) -> list[np.ndarray]:
    """The axis-aligned orientations that the artist left open, of 24, the likely ones first: as files have it (y up, z
    front), and Blender (z up, -y front)."""
    axes = {sign + name: turn * axis for sign, turn in (("", 1), ("-", -1)) for name, axis in zip("xyz", np.eye(3))}
    likely = {"y": (np.eye(3)[1], np.eye(3)[2]), "z": (np.eye(3)[2], -np.eye(3)[1])}
    own, other = likely[mesh.up], likely["z" if mesh.up == "y" else "y"]
    ranked: list[tuple[float, int, np.ndarray]] = []
    for up, crown in axes.items():
        for front, face in axes.items():
            if abs(crown @ face) > 0.5 or any(one not in (AUTO, axis) for one, axis in zip(mesh.chosen, (front, up))):
                continue
            likeness = 4 * (crown @ own[0]) + 2 * (face @ own[1])
            likeness = max(likeness, 4 * (crown @ other[0]) + 2 * (face @ other[1]) - 0.5)
            ranked.append((likeness, len(ranked), axis_rotation(crown, face)))
    return [rotation for _, _, rotation in sorted(ranked, key=lambda entry: (-entry[0], entry[1]))]


def nearest_axes(rotation: np.ndarray) -> np.ndarray:
    """(3,3) the axis-aligned orientation nearest to one."""
    crown = np.eye(3)[np.abs(rotation[1]).argmax()]
    rest = rotation[2] * (1 - crown)
    face = np.eye(3)[np.abs(rest).argmax()]
    return axis_rotation(crown * np.sign(rotation[1] @ crown), face * np.sign(rotation[2] @ face))


def name_axis(direction: np.ndarray) -> str:
    """The axis that (3,) points along most: x, -x, and so on."""
    along = int(np.abs(direction).argmax())
    return ("-" if direction[along] < 0 else "") + "xyz"[along]


def render_view(
    mesh: HeadMesh,
    rotation: np.ndarray,
    size: int,
    centre: np.ndarray | None = None,
    extent: float | None = None,
    normals: np.ndarray | None = None,
) -> HeadView:
    """Render the head in grey.

    Args:
        size: width and height in pixels.
        centre: mesh point in the middle; the middle of the bounding box if None.
        extent: mesh units across the picture; the head fills 80 percent if None (as in the prototype).
    """
    turned = mesh.vertices @ rotation.T.astype(np.float32)
    low, high = turned.min(0), turned.max(0)
    if centre is None:
        centre = rotation.T @ ((low + high) / 2)
    if extent is None:
        extent = float((high - low)[:2].max()) / 0.8
    middle = rotation @ centre
    scale = size / extent
    pixels = np.stack([(turned[:, 0] - middle[0]) * scale + size / 2, size / 2 - (turned[:, 1] - middle[1]) * scale], 1)
    fragments = rasterize(mesh.corners(pixels), size, size, depth=-mesh.corners(turned[:, 2]))
    if normals is None:
        normals = vertex_normals(mesh)
    shading = (normals @ rotation.T) @ LIGHT
    shaded = fragments.interpolate(mesh.corners(np.clip(shading, 0, 1)[:, None]))
    grey = np.where(fragments.covered[..., None], 0.12 + 0.75 * shaded, 0.5).astype(np.float32)
    return HeadView(rotation, np.asarray(centre), scale, np.repeat(grey, 3, 2), fragments)
