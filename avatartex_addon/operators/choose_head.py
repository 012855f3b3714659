"""Use the Active One: which mesh is the head, where several are selected or the chosen one was deleted."""

from __future__ import annotations

import bpy

from ..redraw import redraw_panels
from ..task import poll_idle


class AVATARTEX_OT_choose_head(bpy.types.Operator):
    """Take the active mesh as the head, whatever else is selected"""

    bl_idname = "avatartex.choose_head"
    bl_label = "Use the Active One"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        active = context.view_layer.objects.active
        if active is None or active.type != "MESH":
            cls.poll_message_set("Click a mesh first")
            return False
        return poll_idle(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.avatartex.head = context.view_layer.objects.active
        redraw_panels()
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_choose_head,)
