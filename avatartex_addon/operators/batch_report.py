"""Save Report: what became of each character, as JSON or CSV."""

# No `from __future__ import annotations` here: the properties' types must be evaluated by Blender.
from pathlib import Path

import bpy
from bpy.props import StringProperty

from ..batching import about
from ..core.table import write_report


class AVATARTEX_OT_batch_report(bpy.types.Operator):
    """Write what became of each character to a file: .json, or .csv for spreadsheets"""

    bl_idname = "avatartex.batch_report"
    bl_label = "Save Report"
    bl_options = {"INTERNAL"}

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(default="*.json;*.csv", options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not context.scene.avatartex_batch.rows:
            cls.poll_message_set("The table is empty")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.filepath = self.filepath or "batch_report.json"
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(bpy.path.abspath(self.filepath))
        try:
            write_report(path, context.scene.avatartex_batch.rows, about(context.scene))
        except OSError as reason:
            self.report({"ERROR"}, f"{path.name} could not be written ({reason.strerror})")
            return {"CANCELLED"}
        self.report({"INFO"}, f"Wrote {path.name}")
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_batch_report,)
