"""Show in Material Preview: the viewport's shading hides textures."""

from __future__ import annotations

import bpy


class AVATARTEX_OT_show_texture(bpy.types.Operator):
    """Switch this viewport to Material Preview: as it is shaded now, it shows no textures"""

    bl_idname = "avatartex.show_texture"
    bl_label = "Show in Material Preview"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if getattr(context.space_data, "shading", None) is None:
            cls.poll_message_set("Use it in a 3D viewport")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.space_data.shading.type = "MATERIAL"
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_show_texture,)
