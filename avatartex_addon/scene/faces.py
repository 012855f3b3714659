"""Which faces of the head are textured: those of a vertex group, the selected ones, or all of the head's slot."""

from __future__ import annotations

import bpy
import numpy as np

from ..backend.errors import AvatarTexError, ErrorCode
from ..core.chore import Parts
from .arrays import read_each
from .head import find_again, find_group_problem

#: Weight from which a vertex belongs to the group, as armatures show it.
MEMBER = 0.5
#: Vertices that are asked for their groups before the window has its turn: slow Python, about 20 ms.
AT_ONCE = 20_000


def find_members(head: bpy.types.Object, group: str) -> Parts:
    """A chore: (N,) bool, vertices of the evaluated mesh that belong to the group.

    Raises:
        AvatarTexError: BAD_REQUEST without such a group, NO_MESH where the head goes meanwhile.
    """
    name, members = head.name, []
    while True:
        head = find_again(name)
        if problem := find_group_problem(head, group):
            raise problem
        index = head.vertex_groups[group].index
        evaluated = head.evaluated_get(bpy.context.evaluated_depsgraph_get())
        mesh = evaluated.to_mesh()
        try:
            count = len(mesh.vertices)
            members += [
                any(entry.group == index and entry.weight >= MEMBER for entry in vertex.groups)
                for vertex in mesh.vertices[len(members) : len(members) + AT_ONCE]
            ]
        finally:
            evaluated.to_mesh_clear()
        if len(members) >= count:
            return np.array(members[:count], bool)
        yield lambda: None  # the window's turn


def chosen_faces(
    mesh: bpy.types.Mesh, head: bpy.types.Object, group: str, selected: bool, members: np.ndarray | None
) -> np.ndarray | None:
    """(M,) bool per loop triangle of the evaluated mesh; None when all are meant.

    Args:
        members: what `find_members` found of the group, just now.

    Raises:
        AvatarTexError: NO_MESH when no face is in it or selected.
    """
    if not group and not selected:
        return None
    faces = read_each(mesh.loop_triangle_polygons, "value")
    chosen = np.ones(len(mesh.polygons), bool)
    if group:
        chosen &= _inside(mesh, members)
        if not chosen.any():
            raise AvatarTexError(
                ErrorCode.NO_MESH,
                f"No face of '{head.name}' lies in the vertex group '{group}'.",
                "Assign the head's vertices to it with full weight, or clear Head Faces.",
            )
    if selected:
        chosen &= read_each(mesh.polygons, "select", bool)
        if not chosen.any():
            raise AvatarTexError(
                ErrorCode.NO_MESH,
                f"No face of '{head.name}' is selected.",
                "Select the head's faces in Edit Mode, or turn Only Selected Faces off.",
            )
    return chosen[faces]


def _inside(mesh: bpy.types.Mesh, members: np.ndarray) -> np.ndarray:
    """(F,) bool: faces whose vertices are all members."""
    corners = read_each(mesh.attributes[".corner_vert"].data, "value")
    return np.logical_and.reduceat(members[corners], read_each(mesh.polygons, "loop_start"))
