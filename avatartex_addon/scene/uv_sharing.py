"""Whether faces lie on each other in a UV map, found before a job: a quick look that is taken once, outside drawing."""

from typing import NamedTuple

import bpy
import numpy as np

from .arrays import read_each, read_loops, read_uvs
from .redraw import redraw_panels
from .slots import find_head_faces

#: Share of faces from which it is said; the backend's own look at the texels says the same (backend/head/uvs.py).
DOUBTFUL_SHARE = 0.02
#: UV places nearer than this are the same: a quarter of a texel of 4096.
SAME = 1 / 16384
#: Where in a triangle it is asked: its middle lies on the diagonal of a mirrored face.
WITHIN = np.array([0.47, 0.32, 0.21])


class Sharing(NamedTuple):
    """0..1, of the head's faces: those that share texels with others, and those that do with two others or more."""

    shared: float = 0.0
    stacked: float = 0.0


_known: dict[tuple, Sharing] = {}
_wanted: dict[tuple, str] = {}


def find_shared(head: bpy.types.Object, uv_map: str) -> Sharing:
    """What the head's faces share, as far as it is known; a body's others lose nothing.

    Cheap: a look that is due comes later, and the panel again.
    """
    mesh = head.data
    key = (mesh.session_uid, uv_map, len(mesh.polygons), len(mesh.loops))
    if head.mode == "EDIT":
        _known.pop(key, None)  # its UVs may be changing
        return Sharing()
    if key not in _known and key not in _wanted and not bpy.app.background:
        _wanted[key] = head.name
        if not bpy.app.timers.is_registered(take_looks):
            bpy.app.timers.register(take_looks, first_interval=0.3)
    return _known.get(key, Sharing())


def take_looks() -> None:
    """Take the looks that are due."""
    for key, name in list(_wanted.items()):
        del _wanted[key]
        head = bpy.data.objects.get(name)
        mesh = head.data if head is not None and head.type == "MESH" else None
        if mesh is not None and mesh.session_uid == key[0] and key[1] in mesh.uv_layers:
            _known[key] = look_for_sharing(mesh, key[1], find_head_faces(head))
            if _known[key].shared >= DOUBTFUL_SHARE:
                redraw_panels()


def look_for_sharing(mesh: bpy.types.Mesh, uv_map: str, of_head: np.ndarray) -> Sharing:
    """Which of the head's faces others lie on in the UV map: mirrored halves, stacked islands, palettes.

    Args:
        of_head: (F,) bool, the faces that count. Those of other slots have textures of their own.

    Of many faces a sample is asked: 50 ms for 100,000.
    """
    if not mesh.polygons or not of_head.any() or len(mesh.uv_layers[uv_map].uv) != len(mesh.loops):
        return Sharing()
    uvs, slots = read_uvs(mesh, uv_map), read_each(mesh.polygons, "material_index")
    corners, face = read_loops(mesh)
    return find_covered(uvs[corners], of_head[face], slots[face])


def find_covered(triangles: np.ndarray, of_head: np.ndarray, slots: np.ndarray) -> Sharing:
    """By triangles of which a point lies within others.

    Args:
        triangles: (M,3,2) in the UV map. of_head: (M,) bool. slots: (M,).
    """
    a, b, c = np.moveaxis(triangles, 1, 0)
    area = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])
    asked = np.flatnonzero(of_head & (area > SAME * SAME))
    if not len(asked):
        return Sharing()
    asked = asked[:: max(1, len(asked) * len(triangles) // 10_000_000)]
    low, high = triangles.min(1), triangles.max(1)
    others = []
    for index in asked:
        x, y = WITHIN @ triangles[index]
        near = np.flatnonzero((low[:, 0] < x) & (x < high[:, 0]) & (low[:, 1] < y) & (y < high[:, 1]))
        near = near[(near != index) & (slots[near] == slots[index])]
        sides = np.stack([cross(triangles[near, k], triangles[near, (k + 1) % 3], x, y) for k in range(3)])
        margin = 0.01 * area[near]
        others.append(((sides.min(0) > margin) | (sides.max(0) < -margin)).sum())
    return Sharing(*(float((np.array(others) >= least).mean()) for least in (1, 2)))


def cross(start: np.ndarray, end: np.ndarray, x: float, y: float) -> np.ndarray:
    """(n,) twice the area between edges (n,2) to (n,2) and a point: its sign is the side."""
    along = end - start
    return along[:, 0] * (y - start[:, 1]) - along[:, 1] * (x - start[:, 0])


def forget_sharing() -> None:
    """Another file is loaded."""
    _known.clear()
    _wanted.clear()
