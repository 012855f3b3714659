"""Give back the disk space of portraits that were pasted, packed or painted."""

from __future__ import annotations

import bpy

from ..core.sizes import tell_freed, tell_size
from ..jobs.portrait_files import find_unused, measure_files
from .checked import Confirmed


class AVATARTEX_OT_clean_portraits(Confirmed, bpy.types.Operator):
    """Delete the portraits that were pasted, or written from an image, and that this .blend file does not use.
    A file that uses one asks for it again; its textures stay"""

    bl_label = "Remove Unused Portraits"
    bl_options = {"INTERNAL"}

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        return "" if find_unused() else "There is none that this file does not use"

    def ask(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(
            self,
            event,
            title=f"{self.bl_label}{tell_freed(measure_files(find_unused()))}?",
            confirm_text="Remove",
            message="Other files that use them will ask for them again.",
        )

    def act(self, context: bpy.types.Context) -> None:
        unused = find_unused()
        size = measure_files(unused)
        for path in unused:
            path.unlink(missing_ok=True)
            if not any(path.parent.iterdir()):
                path.parent.rmdir()
        self.report({"INFO"}, f"Removed: {len(unused)}, {tell_size(size)}")
