"""Remove from Batch: the active row, or all of them."""

# No `from __future__ import annotations` here: the property's type must be evaluated by Blender.
import bpy
from bpy.props import BoolProperty


class AVATARTEX_OT_batch_remove(bpy.types.Operator):
    """Take this character out of the table. Its texture stays on it"""

    bl_idname = "avatartex.batch_remove"
    bl_label = "Remove"
    bl_options = {"REGISTER", "UNDO"}

    all: BoolProperty(name="All", description="Every character", options={"SKIP_SAVE"})

    @classmethod
    def description(cls, context: bpy.types.Context, properties) -> str:
        return "Empty the table. All textures stay where they are" if properties.all else cls.__doc__

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not context.scene.avatartex_batch.rows:
            cls.poll_message_set("The table is empty")
            return False
        if context.window_manager.avatartex_batch.running:
            cls.poll_message_set("The batch is running")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        table = context.scene.avatartex_batch
        if self.all:
            table.rows.clear()
        else:
            table.rows.remove(table.active)
        table.active = max(0, min(table.active, len(table.rows) - 1))
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_batch_remove,)
