"""Bring the texture back that was there before."""

import bpy

from ..properties import find_head
from ..scene.apply import PREVIOUS, restore_previous


class AVATARTEX_OT_restore(bpy.types.Operator):
    bl_idname = "avatartex.restore"
    bl_label = "Previous Texture"
    bl_description = "Swap the generated texture with the one that was there before"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        head = find_head(context)
        if head is None or PREVIOUS not in head:
            cls.poll_message_set("There is no earlier texture on this head")
            return False
        return True

    def execute(self, context):
        head = find_head(context)
        if not restore_previous(head):
            self.report({"WARNING"}, "The generated texture is not on this head any more.")
            return {"CANCELLED"}
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_restore,)
