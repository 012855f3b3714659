"""What the ways to choose a portrait do alike: one change of the setting, one undo step, none while a job runs."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..preferences import user_folder
from ..redraw import redraw_panels
from ..task import poll_idle


def portraits_folder() -> Path:
    """Where portraits lie that were no files: packed, painted and pasted ones. See clean_portraits.py."""
    return user_folder() / "portraits"


class PortraitOperator:
    """Mixed into an operator, which ends with `take`."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_idle(cls, context)

    def take(self, context: bpy.types.Context, path: str, image: bpy.types.Image | None = None) -> set[str]:
        """Make it the portrait.

        Args:
            image: the image datablock that the file was written from.
        """
        settings = context.scene.avatartex
        settings.portrait, settings.portrait_image = relative(path), image
        context.window_manager.avatartex_job.reset()
        redraw_panels()
        return {"FINISHED"}


def relative(path: str) -> str:
    """As the artist's preferences say, relative to the .blend file; files of ours stay absolute."""
    inside = Path(path).is_relative_to(portraits_folder())
    if inside or not bpy.data.filepath or not bpy.context.preferences.filepaths.use_relative_paths:
        return path
    try:
        return bpy.path.relpath(path)
    except ValueError:
        return path  # on another drive of Windows
