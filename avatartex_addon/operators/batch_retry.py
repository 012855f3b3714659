"""Retry: rows wait again."""

# No `from __future__ import annotations` here: the property's type must be evaluated by Blender.
import bpy
from bpy.props import BoolProperty

from ..core.batch import RowState, again


class AVATARTEX_OT_batch_retry(bpy.types.Operator):
    """Let characters wait for another try; Run takes them"""

    bl_idname = "avatartex.batch_retry"
    bl_label = "Retry Failed"
    bl_options = {"REGISTER", "UNDO"}

    all: BoolProperty(name="All", description="Also the finished and the skipped ones", options={"SKIP_SAVE"})

    @classmethod
    def description(cls, context: bpy.types.Context, properties) -> str:
        return "Let every character wait for another texture" if properties.all else cls.__doc__

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not context.scene.avatartex_batch.rows:
            cls.poll_message_set("The table is empty")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        states = {RowState.FAILED} | ({RowState.DONE, RowState.SKIPPED} if self.all else set())
        number = again(context.scene.avatartex_batch.rows, states)
        if not number:
            self.report({"INFO"}, "No character has failed")
            return {"CANCELLED"}
        self.report({"INFO"}, f"{number} wait for another try")
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_batch_retry,)
