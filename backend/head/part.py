"""Which faces are head: those around the face, of a mesh that may be a whole body."""

import numpy as np

from .mesh import HeadMesh

#: How far a head reaches from its middle in canonical units (forehead to chin is 1): hair buns and horns included,
#: hands and shoulders not.
REACH = 1.6


def head_part(mesh: HeadMesh, canonical: np.ndarray) -> tuple[HeadMesh, np.ndarray]:
    """The head alone and its canonical coordinates; the mesh itself where nothing lies beyond a head's reach.

    Args:
        canonical: (N,3) canonical coordinates of the vertices.
    """
    # neck included; what is written of it fades out before (compose/compose.py)
    near = (np.linalg.norm(canonical, axis=1) < REACH) & (canonical[:, 1] > -1.2)
    faces = near[mesh.triangles].all(1)
    if faces.all():
        return mesh, canonical
    part, used = mesh.only(faces)
    return part, canonical[used]


def top_windows(turned: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """Where a body's head would be: middles (3,) and extents of windows at the top; none where it is no body.

    Args:
        turned: (N,3) vertices in view axes: right, up, towards the viewer.
    """
    width, height, depth = map(float, np.ptp(turned, axis=0))
    high = turned[:, 1].max()
    if height < 2.2 * min(width, depth):  # a head with its neck is not that high
        return []
    x = np.median(turned[turned[:, 1] > high - 0.08 * height, 0])
    z = (turned[:, 2].min() + turned[:, 2].max()) / 2
    return [(np.array([x, high - 0.5 * extent, z]), 1.1 * extent) for extent in (0.3 * height, 0.17 * height)]
