"""Before / After: a look at what the head had before."""

from __future__ import annotations

import bpy

from ..scene.compare import is_compared, show_after, show_before
from ..scene.head import find_head
from ..scene.restore import can_restore


class AVATARTEX_OT_compare(bpy.types.Operator):
    """Show what the head had before AvatarTex, and with a second click the texture again. Nothing is lost"""

    bl_idname = "avatartex.compare"
    bl_label = "Compare with Before"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not can_restore(find_head(context)):
            cls.poll_message_set("This head has no texture of ours to compare")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        head = find_head(context)
        if is_compared(head):
            show_after(head)
        else:
            show_before(head)
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_compare,)
