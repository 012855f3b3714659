"""What is brought together: a head, the face of a portrait, and where landmarks were read in both."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .landmarks import HeadLandmarks
from .mesh import HeadMesh, vertex_normals


@dataclass(frozen=True)
class Head:
    """canonical: (N,3) canonical coordinates of the mesh's vertices."""

    mesh: HeadMesh
    canonical: np.ndarray
    landmarks: HeadLandmarks

    @cached_property
    def normals(self) -> np.ndarray:
        """(N,3) unit, of the vertices."""
        return vertex_normals(self.mesh)


@dataclass(frozen=True)
class Face:
    """A face in a portrait.

    points: (468,2) landmark pixels. extent: the portrait's (width, height). picture: (height,width,3) float32 sRGB;
    without it its landmarks are all that is known of it. skin: (height,width) 0..1, what of the picture is the face's;
    all of it where it is not said. drawn: it is a cartoon, whose lips end at lines. Their edges by colour lie beside
    the corners, and brought one of five drawings 0.2 to 0.6 % of the face further off: landmarks are all that bends the
    warp.
    """

    points: np.ndarray
    extent: tuple[int, int]
    picture: np.ndarray | None = None
    skin: np.ndarray | None = None
    drawn: bool = False


@dataclass(frozen=True)
class Readings:
    """Landmarks read on a head, (468,3) points, and in a portrait, (468,2) target pixels; weights: (468,) 0..1, how
    much each counts."""

    points: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
