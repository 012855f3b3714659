"""Which object is the head, which of its material slots, which UV map; and why generating could not work."""

from pathlib import Path

import bpy

from ..backend.errors import AvatarTexError, ErrorCode
from ..backend.head.mesh import MOST_FACES
from ..core.job import HeadJob


def find_head(context: bpy.types.Context) -> bpy.types.Object | None:
    """The head that was chosen, else the active mesh, else the one that the active armature stands for."""
    chosen = context.scene.avatartex.head
    if chosen is not None:
        return chosen if chosen.type == "MESH" else None
    active = context.view_layer.objects.active
    if active is None or active.type == "MESH":
        return active
    return find_skinned(context, active) if active.type == "ARMATURE" else None


def find_skinned(context: bpy.types.Context, armature: bpy.types.Object) -> bpy.types.Object | None:
    """The only mesh that is selected, else the only one that the armature moves: after an import the rig is active."""
    meshes = [candidate for candidate in context.view_layer.objects if candidate.type == "MESH"]
    selected = [mesh for mesh in meshes if mesh.select_get()]
    skinned = [
        mesh
        for mesh in meshes
        if any(modifier.type == "ARMATURE" and modifier.object == armature for modifier in mesh.modifiers)
    ]
    return next((found[0] for found in (selected, skinned) if len(found) == 1), None)


def find_uv_map(head: bpy.types.Object, wanted: str) -> str:
    """The wanted UV map, else the one that renders show; '' when there is none."""
    layers = head.data.uv_layers
    if wanted:
        return wanted if wanted in layers else ""
    return next((layer.name for layer in layers if layer.active_render), layers[0].name if layers else "")


def find_problem(context: bpy.types.Context) -> AvatarTexError | None:
    """What would stop a job before it starts; None when nothing does. Cheap: the panel asks at every redraw."""
    if problem := find_selection_problem(context):
        return problem
    head = find_head(context)
    settings = head.avatartex
    return (
        find_mesh_problem(head, settings.uv_map)
        or find_group_problem(head, settings.head_group)
        or find_portrait_problem(portrait_path(settings.portrait))
    )


def find_selection_problem(context: bpy.types.Context) -> AvatarTexError | None:
    """Why it is not clear which object is the head."""
    if context.scene.avatartex.head is None:
        several = [candidate.name for candidate in context.view_layer.objects.selected if candidate.type == "MESH"]
        if len(several) > 1:
            others = f" and {len(several) - 3} more" if len(several) > 3 else ""
            names = ", ".join(f"'{name}'" for name in several[:3]) + others
            return ErrorCode.NO_MESH(
                f"{len(several)} meshes are selected: {names}.",
                "Select one head alone, or choose it as Head. Batch takes many.",
            )
    if find_head(context) is None:
        active = context.view_layer.objects.active
        if active is not None and active.instance_collection is not None:
            return ErrorCode.NO_MESH(
                f"'{active.name}' is an instance of the collection '{active.instance_collection.name}'.",
                "Make it real (Object > Apply > Make Instances Real), or make a Library Override of it.",
            )
        return ErrorCode.NO_MESH("No head is selected.", "Select a mesh, or choose one as Head.")
    return None


def find_job_head(job: HeadJob) -> bpy.types.Object:
    """The head of a job.

    Raises:
        AvatarTexError: it is gone, or the job could not work on it.
    """
    head = bpy.data.objects.get(job.object_name)
    if head is None or head.type != "MESH":
        meshes = ", ".join(f"'{mesh.name}'" for mesh in bpy.data.objects if mesh.type == "MESH" and mesh != head)
        raise ErrorCode.NO_MESH(
            f"There is no mesh object '{job.object_name}'.",
            f"There are: {meshes[:300]}." if meshes else "Add a head first.",
        )
    if problem := (
        find_mesh_problem(head, job.uv_map)
        or find_group_problem(head, job.head_group)
        or find_portrait_problem(job.portrait)
    ):
        raise problem
    if head.modifiers and head.mode != "EDIT":
        shape = head.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
        if isinstance(shape, bpy.types.Mesh) and (problem := find_size_problem(head, shape)):
            raise problem
    return head


def find_again(name: str) -> bpy.types.Object:
    """The head by its name, some time later: undo and the artist may have taken it.

    Raises:
        AvatarTexError: NO_MESH, it is gone.
    """
    head = bpy.data.objects.get(name)
    if head is None or head.type != "MESH" or is_deleted(head):
        raise ErrorCode.NO_MESH(f"'{name}' was deleted or renamed.", "Choose the head and try again.")
    return head


def is_deleted(head: bpy.types.Object) -> bool:
    """What the artist deletes stays in the file, out of every scene, for as long as a property points at it."""
    return not head.users_scene


def find_portrait_problem(path: str) -> AvatarTexError | None:
    if not path:
        return ErrorCode.PORTRAIT_MISSING("There is no portrait yet.", "Choose a picture of a face.")
    if not Path(path).is_file():
        return ErrorCode.PORTRAIT_MISSING(
            f"The portrait {Path(path).name!r} is not there any more.", "Choose the picture again."
        )
    return None


def find_mesh_problem(head: bpy.types.Object, wanted_uv_map: str) -> AvatarTexError | None:
    mesh = head.data
    if is_deleted(head):
        return ErrorCode.NO_MESH(f"'{head.name}' was deleted.", "Choose another head.")
    if head.library is not None:
        return ErrorCode.BAD_MESH(
            f"'{head.name}' is linked from '{Path(head.library.filepath).name}'.",
            "Make a Library Override of it (Object menu), or open that file.",
        )
    if mesh.library is not None and not head.material_slots:
        return ErrorCode.BAD_MESH(
            f"The linked mesh of '{head.name}' has no material slot.", "Add a material in the file that it comes from."
        )
    if not mesh.polygons and head.mode != "EDIT" and not head.modifiers:
        return ErrorCode.NO_MESH(f"'{head.name}' has no faces.", "Select a head mesh.")
    if not head.modifiers and (problem := find_size_problem(head, mesh)):
        return problem
    if not mesh.uv_layers:
        return ErrorCode.NO_UVS(
            f"'{head.name}' has no UV map.", "Add one with the button, or unwrap it first (Edit Mode, UV > Unwrap)."
        )
    if not find_uv_map(head, wanted_uv_map):
        return ErrorCode.NO_UVS(f"'{head.name}' has no UV map named '{wanted_uv_map}'.", "Choose another UV map.")
    return None


def find_size_problem(head: bpy.types.Object, shape: bpy.types.Mesh) -> AvatarTexError | None:
    """Whether the head has more triangles than the backend takes: reading them would stop the window for seconds.

    Args:
        shape: its mesh, with its modifiers where it has any.
    """
    triangles = len(shape.loops) - 2 * len(shape.polygons)
    if triangles <= MOST_FACES:
        return None
    cure = "Lower the viewport levels of its modifiers" if head.modifiers else "Decimate it, or take a smaller copy,"
    return ErrorCode.BAD_MESH(
        f"'{head.name}' has {triangles / 1e6:.1f} million triangles.",
        f"{cure} until it has {MOST_FACES // 1_000_000} million.",
    )


def find_group_problem(head: bpy.types.Object, group: str) -> AvatarTexError | None:
    if group and group not in head.vertex_groups:
        return ErrorCode.BAD_REQUEST(
            f"'{head.name}' has no vertex group named '{group}'.", "Choose another group for Head Faces, or clear it."
        )
    return None


def portrait_path(setting: str) -> str:
    """The portrait's absolute path; '//' is relative to the .blend file."""
    return bpy.path.abspath(setting) if setting else ""
