"""What operators on a running batch have in common."""

from __future__ import annotations

import bpy

from .. import batching


class RunningBatch:
    """Mixed into an operator: only while a batch runs."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if batching.current is None or context.window_manager.avatartex_batch.cancelling:
            cls.poll_message_set("No batch is running")
            return False
        return True
