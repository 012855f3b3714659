"""Restore Previous Texture: what was on the head before AvatarTex."""

from __future__ import annotations

import bpy

from ..scene.head import find_head
from ..scene.restore import can_restore, restore_texture


class AVATARTEX_OT_restore(bpy.types.Operator):
    """Put the texture and the material back that the head had before AvatarTex. The Results stay in their list"""

    bl_idname = "avatartex.restore"
    bl_label = "Restore Previous Texture"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not can_restore(find_head(context)):
            cls.poll_message_set("This head has no earlier texture to go back to")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        head = find_head(context)
        restore_texture(head)
        context.window_manager.avatartex_job.reset()
        self.report({"INFO"}, f"'{head.name}' has its previous texture back")
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_restore,)
