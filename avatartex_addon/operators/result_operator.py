"""What operators on a head's results have in common."""

from __future__ import annotations

import bpy

from ..scene.head import find_head


class ResultOperator:
    """Mixed into an operator: only for heads that have results."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        head = find_head(context)
        if head is None or not head.avatartex_history:
            cls.poll_message_set("This head has no results yet")
            return False
        return True
