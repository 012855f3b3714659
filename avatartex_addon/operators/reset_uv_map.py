"""Use the Shown One: texture the UV map that renders show, where the chosen one is gone."""

from __future__ import annotations

import bpy

from ..redraw import redraw_panels
from ..task import find_busy


class AVATARTEX_OT_reset_uv_map(bpy.types.Operator):
    """Texture the UV map that renders show, because the head has none of the chosen name"""

    bl_idname = "avatartex.reset_uv_map"
    bl_label = "Use the Shown One"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if busy := find_busy(context):
            cls.poll_message_set(busy)
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.avatartex.uv_map = ""
        redraw_panels()
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_reset_uv_map,)
