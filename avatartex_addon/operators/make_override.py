"""Make an Override: a linked head can be textured in this file, and its library stays as it is."""

from __future__ import annotations

import bpy

from ..redraw import redraw_panels
from ..scene.head import find_head
from ..task import poll_idle


class AVATARTEX_OT_make_override(bpy.types.Operator):
    """Make a Library Override of the linked head, so that it gets its texture in this file. The library stays \
as it is"""

    bl_idname = "avatartex.make_override"
    bl_label = "Make an Override"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        head = find_head(context)
        if head is None or head.library is None:
            cls.poll_message_set("The head is not linked")
            return False
        return poll_idle(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        head, settings = find_head(context), context.scene.avatartex
        chosen = settings.head is not None
        made = head.override_hierarchy_create(context.scene, context.view_layer, do_fully_editable=True)
        if made is None:
            self.report({"ERROR"}, f"Blender could not make a Library Override of '{head.name}'")
            return {"CANCELLED"}
        if chosen:
            settings.head = made
        elif made.name in context.view_layer.objects:
            context.view_layer.objects.active = made
        redraw_panels()
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_make_override,)
