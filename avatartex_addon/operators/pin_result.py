"""Pin Favourite: this result is kept, however many others come."""

# No `from __future__ import annotations` here: the property's type must be evaluated by Blender.
import bpy
from bpy.props import IntProperty

from ..scene.head import find_head


class AVATARTEX_OT_pin_result(bpy.types.Operator):
    """Keep this result, however many others come; click again to let it go"""

    bl_idname = "avatartex.pin_result"
    bl_label = "Favourite"
    bl_options = {"REGISTER", "UNDO"}

    index: IntProperty(min=0, options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        head = find_head(context)
        if head is None or not head.avatartex_history:
            cls.poll_message_set("This head has no results yet")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        history = find_head(context).avatartex_history
        if self.index >= len(history):
            return {"CANCELLED"}
        history[self.index].favourite = not history[self.index].favourite
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_pin_result,)
