"""Head -> HeadCapture: the evaluated mesh as arrays in a file, or the mesh at rest with what its shape keys do.

Nothing of the artist's is changed. Which faces are textured: those of a vertex group, the selected ones, or all of the
head's slots.
"""

from collections.abc import Sequence
from pathlib import Path

import bpy
import numpy as np

from ..backend.errors import ErrorCode
from ..backend.head.mesh import refuse_broken
from ..backend.shape_keys import find_channels
from ..core.chore import Parts
from .arrays import evaluated_mesh, plain_mesh, read_each, read_loops, read_uvs
from .head import find_again, find_group_problem


def capture_head(
    path: Path, head: bpy.types.Object, uv_map: str, textured: tuple[int, ...], group: str = "", selected: bool = False
) -> Parts:
    """A chore that writes the head as it is displayed (modifiers, shape keys, pose) for the backend.

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
    with evaluated_mesh(head) as mesh:
        raw = read_mesh(mesh, uv_map, head.name)
        chosen = chosen_faces(mesh, head, group, selected, members)
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
            raise ErrorCode.NO_MESH(
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
        raise ErrorCode.NO_MESH(f"'{name}' has no faces.", "Select a head mesh.")
    if uv_map not in mesh.uv_layers:
        raise ErrorCode.NO_UVS(f"A modifier of '{name}' removes the UV map '{uv_map}'.", "Let the modifier keep UVs.")
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
        with evaluated_mesh(head) as mesh:
            count = len(mesh.vertices)
            # 20 ms of slow Python, before the window has its turn; they are members as armatures show it
            members += [
                any(entry.group == index and entry.weight >= 0.5 for entry in vertex.groups)
                for vertex in mesh.vertices[len(members) : len(members) + 20_000]
            ]
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
            raise ErrorCode.NO_MESH(
                f"No face of '{head.name}' lies in the vertex group '{group}'.",
                "Assign the head's vertices to it with full weight, or clear Head Faces.",
            )
    if selected:
        chosen &= read_each(mesh.polygons, "select", bool)
        if not chosen.any():
            raise ErrorCode.NO_MESH(
                f"No face of '{head.name}' is selected.",
                "Select the head's faces in Edit Mode, or turn Only Selected Faces off.",
            )
    return chosen[faces]


def _inside(mesh: bpy.types.Mesh, members: np.ndarray) -> np.ndarray:
    """(F,) bool: faces whose vertices are all members."""
    corners = read_each(mesh.attributes[".corner_vert"].data, "value")
    return np.logical_and.reduceat(members[corners], read_each(mesh.polygons, "loop_start"))


def find_keys(head: bpy.types.Object) -> list[str]:
    """Names of the head's shape keys that are expressions."""
    keys = head.data.shape_keys
    names = [key.name for key in keys.key_blocks if key != keys.reference_key] if keys is not None else []
    return [name for same in find_channels(names).values() for name in same]


def capture_keys(
    path: Path, head: bpy.types.Object, uv_map: str, textured: tuple[int, ...], names: Sequence[str]
) -> Parts:
    """A chore that writes the head for the backend as capture.py's capture_head does, at rest; with poses (K,N,3)
    float32, the moves of its vertices in world space, and pose_names (K,).

    Raises:
        AvatarTexError: NO_MESH, NO_UVS, BAD_MESH. OSError: when the disk is full.
    """
    with plain_mesh(head) as mesh:
        raw = read_mesh(mesh, uv_map, head.name)
    keys = head.data.shape_keys
    raw["vertices"] = key_places(keys.reference_key)
    moves = np.stack(
        [key_places(keys.key_blocks[name]) - key_places(keys.key_blocks[name].relative_key) for name in names]
    )
    matrix, slots, name = np.array(head.matrix_world, np.float64), len(head.material_slots), head.name

    def write() -> None:
        turned = (moves @ matrix[:3, :3].T).astype(np.float32)
        arrays = arrange(raw) | {"poses": turned, "pose_names": np.array(names)}
        save_capture(path, arrays, None, matrix, name, uv_map, textured, slots)

    yield write


def key_places(key: bpy.types.ShapeKey) -> np.ndarray:
    """(N,3) float32 in object space."""
    return read_each(key.data, "co", np.float32, 3)
