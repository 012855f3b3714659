"""Add to Batch: the selected meshes."""

from __future__ import annotations

import bpy

from ..scene.characters import add_row


class AVATARTEX_OT_batch_add(bpy.types.Operator):
    """Add the selected meshes to the table; their portraits are chosen there"""

    bl_idname = "avatartex.batch_add"
    bl_label = "Add Selected"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not any(thing.type == "MESH" for thing in context.selected_objects):
            cls.poll_message_set("Select the heads first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        table = context.scene.avatartex_batch
        for head in context.selected_objects:
            if head.type == "MESH":
                add_row(context.scene, head)
        table.active = len(table.rows) - 1
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_batch_add,)
