"""Pin Favourite: this result is kept, however many others come."""

# No `from __future__ import annotations` here: the property's type must be evaluated by Blender.
import bpy
from bpy.props import IntProperty

from ..scene.head import find_head
from .result_operator import ResultOperator


class AVATARTEX_OT_pin_result(ResultOperator, bpy.types.Operator):
    """Keep this result, however many others come; click again to let it go"""

    bl_idname = "avatartex.pin_result"
    bl_label = "Favourite"
    bl_options = {"REGISTER", "UNDO"}

    index: IntProperty(min=0, options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        history = find_head(context).avatartex_history
        if self.index >= len(history):
            return {"CANCELLED"}
        history[self.index].favourite = not history[self.index].favourite
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_pin_result,)
