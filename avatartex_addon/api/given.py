"""What scripts' functions share: the head that an argument means, and a job to its end."""

import bpy

from ..backend.errors import ErrorCode
from ..jobs.backend_task import BackendTask, OnProgress
from ..scene.head import find_again
from ..scene.history import find_layered


def finish_job(running: BackendTask, on_progress: OnProgress | None):
    """What a job makes, once it is through."""
    running.wait(on_progress)
    return running.apply()


def refuse_off() -> None:
    """Raises: AvatarTexError, BACKEND_MISSING, the add-on is not enabled."""
    if not hasattr(bpy.types.Object, "avatartex"):
        raise ErrorCode.BACKEND_MISSING(
            "AvatarTex is installed, but not enabled in this Blender.",
            "Tick it in the preferences (Add-ons), or call addon_utils.enable() with its name.",
        )


def name_of(object: bpy.types.Object | str) -> str:
    refuse_off()
    return object if isinstance(object, str) else object.name


def head_of(object: bpy.types.Object | str) -> bpy.types.Object:
    """Raises: AvatarTexError, NO_MESH."""
    return find_again(name_of(object))


def layered_of(object: bpy.types.Object | str) -> bpy.types.Image:
    """Raises: AvatarTexError, BAD_REQUEST."""
    head = head_of(object)
    image = find_layered(head)
    if image is None:
        raise ErrorCode.BAD_REQUEST(
            f"The texture that '{head.name}' shows has no layers.", "Generate one, or show one of its results."
        )
    return image
