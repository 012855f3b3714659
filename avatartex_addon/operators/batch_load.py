"""Load Table: heads and portraits from a CSV file."""

# No `from __future__ import annotations` here: the properties' types must be evaluated by Blender.
from pathlib import Path

import bpy
from bpy.props import StringProperty

from ..backend.errors import AvatarTexError
from ..scene.characters import fill_by_table


class AVATARTEX_OT_batch_load(bpy.types.Operator):
    """Read characters from a CSV table with the columns object, portrait, style, seed"""

    bl_idname = "avatartex.batch_load"
    bl_label = "Load Table (CSV)"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(default="*.csv;*.tsv;*.txt", options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            number = fill_by_table(context.scene, Path(bpy.path.abspath(self.filepath)))
        except AvatarTexError as refusal:
            self.report({"ERROR"}, f"{refusal.message} {refusal.cure}")
            return {"CANCELLED"}
        self.report({"INFO"}, f"{number} characters from the table")
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_batch_load,)
