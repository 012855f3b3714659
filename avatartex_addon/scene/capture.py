"""Head -> HeadCapture: the evaluated mesh as arrays in a file. Nothing of the artist's is changed."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

from ..backend.errors import AvatarTexError, ErrorCode
from ..backend.head.mesh import refuse_broken
from ..core.chore import Parts
from .arrays import read_each, read_loops, read_uvs
from .faces import chosen_faces, find_members


def capture_head(
    path: Path, head: bpy.types.Object, uv_map: str, textured: tuple[int, ...], group: str = "", selected: bool = False
) -> Parts:
    """A chore that writes the head as the artist sees it (modifiers, shape keys, pose) for the backend.

    The npz holds vertices (N,3) float32 in world space, Blender's axes; triangles (M,3) int32; corner_uvs (M,3,2)
    float32, origin at the lower left; material_index (M,) int32; matrix_world (4,4) float32; object_name, uv_name,
    up = 'z'; and face_mask (M,) bool, true where the texture goes, unless it goes everywhere.

    Args:
        textured: the slots whose faces are head. group: vertex group of its faces. selected: only selected faces.

    Raises:
        AvatarTexError: NO_MESH, NO_UVS, BAD_MESH, BAD_REQUEST.
        OSError: when the disk is full.
    """
    name = head.name
    if head.mode == "EDIT":
        head.update_from_editmode()
    members = (yield from find_members(head, group)) if group else None
    head = bpy.data.objects[name]  # here still: it was just found
    evaluated = head.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = evaluated.to_mesh()
    try:
        raw = read_mesh(mesh, uv_map, head.name)
        chosen = chosen_faces(mesh, head, group, selected, members)
    finally:
        evaluated.to_mesh_clear()
    matrix, slots = np.array(head.matrix_world, np.float64), len(head.material_slots)
    yield lambda: save_capture(path, arrange(raw), chosen, matrix, name, uv_map, textured, slots)


def save_capture(
    path: Path,
    arrays: dict[str, np.ndarray],
    chosen: np.ndarray | None,
    matrix: np.ndarray,
    name: str,
    uv_map: str,
    textured: tuple[int, ...],
    slots: int,
) -> None:
    """Check the arrays and write them; without bpy.

    Args:
        chosen: (M,) bool, None for all. matrix: (4,4) into world space. slots: how many the head has.
    """
    vertices, triangles, corner_uvs = arrays["vertices"], arrays["triangles"], arrays["corner_uvs"]
    arrays["vertices"] = (vertices @ matrix[:3, :3].T + matrix[:3, 3]).astype(np.float32)
    if np.linalg.det(matrix[:3, :3]) < 0:  # a mirrored object: keep the faces' outside outside
        arrays["triangles"], arrays["corner_uvs"] = triangles[:, ::-1], corner_uvs[:, ::-1]
    if slots > 1:
        of_slot = np.isin(np.minimum(arrays["material_index"], slots - 1), textured)
        chosen = of_slot if chosen is None else chosen & of_slot
        if not chosen.any():
            raise AvatarTexError(
                ErrorCode.NO_MESH,
                f"No chosen face of '{name}' has the material of slot {textured[0] + 1}.",
                "Choose faces of one material, or clear Head Faces.",
            )
    if chosen is not None:
        arrays["face_mask"] = chosen
    refuse_broken(arrays["vertices"], arrays["triangles"], arrays["corner_uvs"], name)
    np.savez(path, **arrays, matrix_world=matrix.astype(np.float32), uv_name=uv_map, object_name=name, up="z")


def read_mesh(mesh: bpy.types.Mesh, uv_map: str, name: str) -> dict[str, np.ndarray]:
    """Blender's own arrays, as fast as it hands them out; `arrange` makes triangles of them.

    Raises:
        AvatarTexError: NO_MESH, NO_UVS (a modifier can remove either).
    """
    loops, polygons = read_loops(mesh)
    if not len(loops):
        raise AvatarTexError(ErrorCode.NO_MESH, f"'{name}' has no faces.", "Select a head mesh.")
    if uv_map not in mesh.uv_layers:
        raise AvatarTexError(
            ErrorCode.NO_UVS, f"A modifier of '{name}' removes the UV map '{uv_map}'.", "Let the modifier keep UVs."
        )
    raw = {
        "vertices": read_each(mesh.vertices, "co", np.float32, 3),
        "loops": loops,
        "polygons": polygons,
        "corners": read_each(mesh.attributes[".corner_vert"].data, "value"),
        "uvs": read_uvs(mesh, uv_map),
        "materials": np.zeros(len(mesh.polygons), np.int32),
    }
    if (materials := mesh.attributes.get("material_index")) is not None:
        raw["materials"] = read_each(materials.data, "value")
    return raw


def arrange(raw: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Vertices in object space, triangles, UVs per corner, material per triangle; without bpy."""
    return {
        "vertices": raw["vertices"],
        "triangles": raw["corners"][raw["loops"]],
        "corner_uvs": raw["uvs"][raw["loops"]],
        "material_index": raw["materials"][raw["polygons"]],
    }
