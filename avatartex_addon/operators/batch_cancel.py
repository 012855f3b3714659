"""Cancel Batch: what is done stays, the rest waits."""

from __future__ import annotations

import bpy

from .. import batching
from ..redraw import redraw_panels
from .running_batch import RunningBatch


class AVATARTEX_OT_batch_cancel(RunningBatch, bpy.types.Operator):
    """Stop the batch. The textures made so far come onto their heads; Go On takes the others"""

    bl_idname = "avatartex.batch_cancel"
    bl_label = "Cancel Batch"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        batching.current.cancel()
        redraw_panels()
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_batch_cancel,)
