"""Purge Results: the file gets smaller."""

from __future__ import annotations

import bpy

from ..scene.head import find_head
from ..scene.history import forget


class AVATARTEX_OT_purge_results(bpy.types.Operator):
    """Forget every result but the one on the head and the favourites. The file gets smaller"""

    bl_idname = "avatartex.purge_results"
    bl_label = "Purge"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        head = find_head(context)
        if head is None or not head.avatartex_history:
            cls.poll_message_set("This head has no results yet")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        number = forget(find_head(context), 0)
        self.report({"INFO"}, f"{number} results forgotten" if number else "Nothing to forget")
        return {"FINISHED"} if number else {"CANCELLED"}


CLASSES = (AVATARTEX_OT_purge_results,)
