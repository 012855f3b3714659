"""The head as the artist sees it, to a file; nothing of the artist's is touched."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..backend.errors import AvatarTexError, ErrorCode

#: A vertex group of one of these names says which faces are head.
HEAD_GROUPS = ("head", "face")


def choose_uv_map(head, wanted: str) -> str:
    """The name of the UV map to use.

    Raises:
        AvatarTexError: NO_UVS.
    """
    layers = head.data.uv_layers
    if not layers:
        raise AvatarTexError(
            ErrorCode.NO_UVS, f"{head.name!r} has no UV map.", "Unwrap the head (UV > Unwrap) and generate again.",
        )
    if wanted and wanted not in layers:
        raise AvatarTexError(ErrorCode.NO_UVS, f"{head.name!r} has no UV map {wanted!r}.", "Choose one of its UV maps.")
    return wanted or layers.active.name


def capture_head(context, head, uv_map: str, path: Path) -> int:
    """Write the evaluated mesh (modifiers, shape keys, pose) as HeadCapture npz; the material slot that the head uses.

    Only triangles of that slot are captured, so that clothes and eyes with materials of their own stay as they are.
    """
    evaluated = head.evaluated_get(context.evaluated_depsgraph_get())
    mesh = evaluated.to_mesh()
    try:
        if not len(mesh.polygons):
            raise AvatarTexError(ErrorCode.NO_MESH, f"{head.name!r} has no faces.", "Select a head mesh.")
        if uv_map not in mesh.uv_layers:
            raise AvatarTexError(
                ErrorCode.NO_UVS, f"A modifier removes the UV map {uv_map!r} from {head.name!r}.", "Choose another UV map.",
            )
        mesh.calc_loop_triangles()
        count = len(mesh.loop_triangles)
        triangles, loops = np.empty(count * 3, np.int32), np.empty(count * 3, np.int32)
        materials = np.empty(count, np.int32)
        mesh.loop_triangles.foreach_get("vertices", triangles)
        mesh.loop_triangles.foreach_get("loops", loops)
        mesh.loop_triangles.foreach_get("material_index", materials)
        vertices = np.empty(len(mesh.vertices) * 3, np.float32)
        mesh.vertices.foreach_get("co", vertices)
        uvs = np.empty(len(mesh.loops) * 2, np.float32)
        mesh.uv_layers[uv_map].uv.foreach_get("vector", uvs)
        triangles, vertices = triangles.reshape(-1, 3), vertices.reshape(-1, 3)
        world = np.array(head.matrix_world, np.float32)
        slot = head_slot(head, mesh, triangles, vertices, materials)
        np.savez(
            path, vertices=vertices @ world[:3, :3].T + world[:3, 3], triangles=triangles,
            corner_uvs=uvs.reshape(-1, 2)[loops].reshape(-1, 3, 2), material_index=materials,
            face_mask=materials == slot, matrix_world=world, object_name=head.name, uv_name=uv_map, up="z",
        )
        return slot
    finally:
        evaluated.to_mesh_clear()


def head_slot(head, mesh, triangles: np.ndarray, vertices: np.ndarray, materials: np.ndarray) -> int:
    """The material slot of the face: the one most faces of the vertex group 'head' use, else most faces of all."""
    chosen = np.ones(len(triangles), bool)
    group = next((g for g in head.vertex_groups if g.name.lower() in HEAD_GROUPS), None)
    if group is not None:
        inside = np.array([any(g.group == group.index for g in v.groups) for v in mesh.vertices], bool)
        if inside[triangles].all(1).any():
            chosen = inside[triangles].all(1)
    return int(np.bincount(materials[chosen]).argmax())
