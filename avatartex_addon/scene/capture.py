"""Head -> HeadCapture: the evaluated mesh as arrays in a file. Nothing of the artist's is changed."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

from ..backend.errors import AvatarTexError, ErrorCode
from ..backend.head.mesh import refuse_broken
from .faces import chosen_faces


def write_capture(
    path: Path, head: bpy.types.Object, uv_map: str, slot: int, group: str = "", selected: bool = False,
) -> None:
    """Write the head as the artist sees it (modifiers, shape keys, pose) for the backend.

    The npz holds vertices (N,3) float32 in world space, Blender's axes; triangles (M,3) int32; corner_uvs (M,3,2)
    float32, origin at the lower left; material_index (M,) int32; matrix_world (4,4) float32; object_name, uv_name,
    up = 'z'; and face_mask (M,) bool, true where the texture goes, unless it goes everywhere.

    Args:
        slot: the head's material slot. group: vertex group of the head's faces. selected: only selected faces.

    Raises:
        AvatarTexError: NO_MESH, NO_UVS, BAD_MESH, BAD_REQUEST.
        OSError: when the disk is full.
    """
    if head.mode == "EDIT":
        head.update_from_editmode()
    evaluated = head.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = evaluated.to_mesh()
    try:
        arrays = read_mesh(mesh, uv_map, head.name)
        chosen = chosen_faces(mesh, head, group, selected)
    finally:
        evaluated.to_mesh_clear()
    matrix = np.array(head.matrix_world, np.float64)
    vertices, triangles, corner_uvs = arrays["vertices"], arrays["triangles"], arrays["corner_uvs"]
    arrays["vertices"] = (vertices @ matrix[:3, :3].T + matrix[:3, 3]).astype(np.float32)
    if np.linalg.det(matrix[:3, :3]) < 0:  # a mirrored object: keep the faces' outside outside
        arrays["triangles"], arrays["corner_uvs"] = triangles[:, ::-1], corner_uvs[:, ::-1]
    if len(head.material_slots) > 1:
        of_slot = np.minimum(arrays["material_index"], len(head.material_slots) - 1) == slot
        chosen = of_slot if chosen is None else chosen & of_slot
        if not chosen.any():
            raise AvatarTexError(
                ErrorCode.NO_MESH, f"No chosen face of '{head.name}' has the material of slot {slot + 1}.",
                "Choose faces of one material, or clear Head Faces.",
            )
    if chosen is not None:
        arrays["face_mask"] = chosen
    refuse_broken(arrays["vertices"], arrays["triangles"], arrays["corner_uvs"], head.name)
    np.savez(
        path, **arrays, matrix_world=matrix.astype(np.float32), uv_name=uv_map, object_name=head.name, up="z",
    )


def read_mesh(mesh: bpy.types.Mesh, uv_map: str, name: str) -> dict[str, np.ndarray]:
    """Vertices in object space, triangles, UVs per corner, material per triangle.

    Raises:
        AvatarTexError: NO_MESH, NO_UVS (a modifier can remove either).
    """
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    if not count:
        raise AvatarTexError(ErrorCode.NO_MESH, f"'{name}' has no faces.", "Select a head mesh.")
    if uv_map not in mesh.uv_layers:
        raise AvatarTexError(
            ErrorCode.NO_UVS, f"A modifier of '{name}' removes the UV map '{uv_map}'.", "Let the modifier keep UVs.",
        )
    vertices = np.empty((len(mesh.vertices), 3), np.float32)
    mesh.vertices.foreach_get("co", vertices.ravel())
    triangles, corners = np.empty((count, 3), np.int32), np.empty((count, 3), np.int32)
    mesh.loop_triangles.foreach_get("vertices", triangles.ravel())
    mesh.loop_triangles.foreach_get("loops", corners.ravel())
    materials = np.empty(count, np.int32)
    mesh.loop_triangles.foreach_get("material_index", materials)
    uvs = np.empty((len(mesh.loops), 2), np.float32)
    mesh.uv_layers[uv_map].uv.foreach_get("vector", uvs.ravel())
    return {
        "vertices": vertices, "triangles": triangles, "corner_uvs": uvs[corners], "material_index": materials,
    }
