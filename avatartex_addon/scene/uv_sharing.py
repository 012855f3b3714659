"""Whether faces lie on each other in a UV map, told before a job: a quick look that is taken once, outside drawing."""

from __future__ import annotations

import bpy
import numpy as np

from .redraw import redraw_panels
from .slots import find_head_faces

#: Share of faces from which it is told; the backend's own look at the texels says the same (backend/head/uvs.py).
DOUBTFUL_SHARE = 0.02
#: UV places nearer than this are the same: a quarter of a texel of 4096.
SAME = 1 / 16384
#: Seconds after which a look that the panel asked for is taken.
LATER = 0.3

_known: dict[tuple, float] = {}
_wanted: dict[tuple, str] = {}


def find_shared(head: bpy.types.Object, uv_map: str) -> float:
    """0..1: of the head's faces those that share texels, as far as it is known; a body's others lose nothing.

    Cheap: a look that is due comes later, and the panel again.
    """
    mesh = head.data
    key = (mesh.session_uid, uv_map, len(mesh.polygons), len(mesh.loops))
    if head.mode == "EDIT":
        _known.pop(key, None)  # its UVs may be changing
        return 0.0
    if key not in _known and key not in _wanted and not bpy.app.background:
        _wanted[key] = head.name
        if not bpy.app.timers.is_registered(take_looks):
            bpy.app.timers.register(take_looks, first_interval=LATER)
    return _known.get(key, 0.0)


def take_looks() -> None:
    """Take the looks that are due."""
    for key, name in list(_wanted.items()):
        del _wanted[key]
        head = bpy.data.objects.get(name)
        mesh = head.data if head is not None and head.type == "MESH" else None
        if mesh is not None and mesh.session_uid == key[0] and key[1] in mesh.uv_layers:
            _known[key] = shared_share(mesh, key[1], find_head_faces(head))
            if _known[key] >= DOUBTFUL_SHARE:
                redraw_panels()


def shared_share(mesh: bpy.types.Mesh, uv_map: str, of_head: np.ndarray) -> float:
    """0..1: faces whose middle in the UV map is another one's too, as in mirrored and stacked islands.

    Args:
        of_head: (F,) bool, the faces that count.

    20 ms for 100,000 faces. Islands that overlap without being copies are left to the backend.
    """
    if not mesh.polygons or len(mesh.uv_layers[uv_map].uv) != len(mesh.loops):
        return 0.0
    uvs = np.empty((len(mesh.loops), 2), np.float32)
    mesh.uv_layers[uv_map].uv.foreach_get("vector", uvs.ravel())
    starts, counts = np.empty(len(mesh.polygons), np.int32), np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("loop_start", starts)
    mesh.polygons.foreach_get("loop_total", counts)
    middles = np.rint(np.add.reduceat(uvs, starts) / counts[:, None] / SAME).astype(np.int64)
    low, high = np.minimum.reduceat(uvs, starts), np.maximum.reduceat(uvs, starts)
    whole = ((high - low) > 4 * SAME).all(1)  # faces without area lie anywhere
    if not (whole & of_head).any():
        return 0.0
    _, place, times = np.unique(middles[whole] @ [1 << 32, 1], return_inverse=True, return_counts=True)
    return float((times[place.ravel()] > 1)[of_head[whole]].sum() / of_head.sum())


def forget_sharing() -> None:
    """Another file is loaded."""
    _known.clear()
    _wanted.clear()
