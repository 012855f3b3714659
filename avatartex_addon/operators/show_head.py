"""Show the Head: out of every hiding that belongs to the object itself."""

from __future__ import annotations

import bpy

from ..scene.head import find_head


class AVATARTEX_OT_show_head(bpy.types.Operator):
    """Unhide the head in the viewport, so that its texture can be seen"""

    bl_idname = "avatartex.show_head"
    bl_label = "Show the Head"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        head = find_head(context)
        if head is None or head.visible_get():
            cls.poll_message_set("The head is not hidden")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        head = find_head(context)
        head.hide_viewport = False
        if head.name in context.view_layer.objects:
            head.hide_set(False)
        context.view_layer.update()
        if not head.visible_get():
            names = ", ".join(f"'{collection.name}'" for collection in head.users_collection)
            self.report({"WARNING"}, f"Its collection {names} is hidden or excluded: show it in the Outliner")
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_show_head,)
