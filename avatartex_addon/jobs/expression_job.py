"""Expression maps from the artist's click to the nodes in the head's material."""

from dataclasses import dataclass, replace
from pathlib import Path

import bpy

from ..backend.errors import AvatarTexError, ErrorCode
from ..backend.messages import Expressions
from ..backend.options import PROFILE
from ..core.chore import Parts
from ..core.job import HeadJob, summarize
from ..scene import versions
from ..scene.capture import capture_keys, find_keys
from ..scene.expression_nodes import build_group, show_maps
from ..scene.history import adopt_result
from ..scene.images import keep_base, load_result
from ..scene.regions import find_result
from .backend_task import BackendTask


@dataclass(frozen=True)
class ExpressionMaps:
    """What one job made."""

    object: bpy.types.Object
    group: bpy.types.NodeTree  # in the head's material, driven by the shape keys
    images: tuple[bpy.types.Image, ...]  # packed
    expressions: tuple[str, ...]  # in ARKit's words without sides
    report: Path  # JSON
    warnings: tuple[str, ...]
    summary: str


class ExpressionJob(BackendTask):
    """Asks for the maps of the texture that the head shows; changes the scene in `apply` and nowhere else.

    Args:
        job: that texture's own. keys: names of shape keys; those that are expressions when empty.

    Raises:
        AvatarTexError: whatever stops the job before it starts.
    """

    stages = ("load", "portrait", "register", "atlas", "compose")

    def __init__(self, job: HeadJob, keys: tuple[str, ...] = ()) -> None:
        self.status.reset()
        self.job, self.keys = job, keys
        head = self.capture_job(job)
        asked = replace(job, profile=PROFILE.default)  # maps need no large model
        self.ask(Expressions, **self.job_fields(head, asked), output=str(self.files.expressions))

    def write_head(self, head: bpy.types.Object) -> Parts:
        self.keys = self.keys or tuple(find_keys(head))
        if problem := find_key_problem(head, self.keys):
            raise problem
        yield from capture_keys(self.files.capture, head, self.uv_map, self.slots, self.keys)

    def keep_more(self) -> Parts:
        return {"base_texture": (yield from keep_base(find_result(self.find_head()).image, self.files.base))}

    def apply(self) -> ExpressionMaps:
        """Put the maps into the head's material, instead of those that it had.

        Raises:
            AvatarTexError: when the head, its shape keys or a picture is gone.
        """
        head = self.find_textured()
        if problem := find_key_problem(head, self.keys):
            raise problem
        paths = [*self.answer.folds, *self.answer.blood, self.answer.left]
        images: list[bpy.types.Image] = []
        try:
            for path in paths:
                images.append(load_result(Path(path), f"{head.name} {Path(path).stem}", self.answer.tiles))
                versions.set_space(images[-1], versions.DATA)
        except RuntimeError as reason:
            for image in images:
                bpy.data.images.remove(image)
            raise ErrorCode.INTERNAL(
                f"Blender could not read a map ({reason}).", "Add the expression maps again."
            ) from reason
        count = len(self.answer.folds)
        ranges = self.answer.folds_range, self.answer.blood_range
        group = build_group(
            head, self.uv_map, images[:count], images[count:-1], images[-1], self.answer.channels, ranges
        )
        adopt_result(head, find_result(head))
        show_maps(head, group, self.uv_map)
        return ExpressionMaps(
            head,
            group,
            tuple(images),
            tuple(channel["name"] for channel in self.answer.channels),
            self.files.report,
            tuple(self.answer.warnings),
            summarize(self.files.report),
        )


def find_key_problem(head: bpy.types.Object, names: tuple[str, ...]) -> AvatarTexError | None:
    """Why the head has no such shape keys, or they move half a face."""
    keys = head.data.shape_keys
    if any(one.type == "MIRROR" and one.show_viewport for one in head.modifiers):
        return ErrorCode.BAD_REQUEST(
            f"'{head.name}' is half a mesh, which a Mirror modifier doubles.",
            "Make it whole in Edit Mode with Mesh > Symmetrize, and remove the modifier.",
        )
    if keys is None or not names:
        return ErrorCode.BAD_REQUEST(
            f"'{head.name}' has no shape keys for expressions.", "Name them as ARKit does, as in mouthSmileLeft."
        )
    if missing := next((name for name in names if name not in keys.key_blocks), None):
        return ErrorCode.BAD_REQUEST(f"'{head.name}' has no shape key named '{missing}'.", "Name one that it has.")
    return None
