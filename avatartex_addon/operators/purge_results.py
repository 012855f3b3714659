"""Purge Results: the file gets smaller."""

from __future__ import annotations

import bpy

from ..scene.head import find_head
from ..scene.history import forget
from .result_operator import ResultOperator


class AVATARTEX_OT_purge_results(ResultOperator, bpy.types.Operator):
    """Forget every result but the one on the head and the favourites. The file gets smaller"""

    bl_idname = "avatartex.purge_results"
    bl_label = "Purge"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        number = forget(find_head(context), 0)
        self.report({"INFO"}, f"{number} results forgotten" if number else "Nothing to forget")
        return {"FINISHED"} if number else {"CANCELLED"}


CLASSES = (AVATARTEX_OT_purge_results,)
