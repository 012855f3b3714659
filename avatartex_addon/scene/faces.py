"""Which faces of the head are textured: those of a vertex group, the selected ones, or all of the head's slot."""

from __future__ import annotations

import bpy
import numpy as np

from ..backend.errors import AvatarTexError, ErrorCode

#: Weight from which a vertex belongs to the group, as armatures show it.
MEMBER = 0.5


def chosen_faces(mesh: bpy.types.Mesh, head: bpy.types.Object, group: str, selected: bool) -> np.ndarray | None:
    """(M,) bool per loop triangle of the evaluated mesh; None when all are meant.

    Raises:
        AvatarTexError: BAD_REQUEST without such a group, NO_MESH when no face is in it or selected.
    """
    if not group and not selected:
        return None
    faces = np.empty(len(mesh.loop_triangles), np.int32)
    mesh.loop_triangle_polygons.foreach_get("value", faces)
    chosen = np.ones(len(mesh.polygons), bool)
    if group:
        chosen &= _of_group(mesh, head, group)
        if not chosen.any():
            raise AvatarTexError(
                ErrorCode.NO_MESH, f"No face of '{head.name}' lies in the vertex group '{group}'.",
                "Assign the head's vertices to it with full weight, or clear Head Faces.",
            )
    if selected:
        picked = np.empty(len(mesh.polygons), bool)
        mesh.polygons.foreach_get("select", picked)
        chosen &= picked
        if not chosen.any():
            raise AvatarTexError(
                ErrorCode.NO_MESH, f"No face of '{head.name}' is selected.",
                "Select the head's faces in Edit Mode, or turn Only Selected Faces off.",
            )
    return chosen[faces]


def _of_group(mesh: bpy.types.Mesh, head: bpy.types.Object, group: str) -> np.ndarray:
    """(F,) bool: faces whose vertices all belong to the group."""
    if group not in head.vertex_groups:
        raise AvatarTexError(
            ErrorCode.BAD_REQUEST, f"'{head.name}' has no vertex group named '{group}'.",
            "Choose another group for Head Faces, or clear it.",
        )
    index = head.vertex_groups[group].index
    members = np.fromiter(
        (any(entry.group == index and entry.weight >= MEMBER for entry in vertex.groups) for vertex in mesh.vertices),
        bool, len(mesh.vertices),
    )
    corners, starts = np.empty(len(mesh.loops), np.int32), np.empty(len(mesh.polygons), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    mesh.polygons.foreach_get("loop_start", starts)
    return np.logical_and.reduceat(members[corners], starts)
