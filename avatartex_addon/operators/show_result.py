"""Show Result: one click back to a texture that was made before."""

# No `from __future__ import annotations` here: the property's type must be evaluated by Blender.
import bpy
from bpy.props import IntProperty

from ..scene.head import find_head
from ..scene.history import find_shown, show
from .result_operator import ResultOperator


class AVATARTEX_OT_show_result(ResultOperator, bpy.types.Operator):
    """Put this texture on the head again"""

    bl_idname = "avatartex.show_result"
    bl_label = "Show This Result"
    bl_options = {"REGISTER", "UNDO"}

    index: IntProperty(min=0, options={"SKIP_SAVE"})

    @classmethod
    def description(cls, context: bpy.types.Context, properties) -> str:
        head = find_head(context)
        if head is None or properties.index >= len(head.avatartex_history):
            return cls.__doc__
        return f"{cls.__doc__}.\n{head.avatartex_history[properties.index].describe()}"

    def execute(self, context: bpy.types.Context) -> set[str]:
        head = find_head(context)
        if self.index >= len(head.avatartex_history) or self.index == find_shown(head):
            return {"CANCELLED"}
        try:
            notes = show(head, self.index)
        except LookupError as reason:
            self.report({"ERROR"}, str(reason))
            return {"CANCELLED"}
        for note in notes:
            self.report({"INFO"}, note)
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_show_result,)
