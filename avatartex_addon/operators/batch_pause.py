"""Pause Batch, and go on: the running character is finished, no other is begun."""

from __future__ import annotations

import bpy

from .. import batching
from ..redraw import redraw_panels
from .running_batch import RunningBatch


class AVATARTEX_OT_batch_pause(RunningBatch, bpy.types.Operator):
    """Finish the running character, then wait until you go on. Meanwhile single textures can be generated"""

    bl_idname = "avatartex.batch_pause"
    bl_label = "Pause"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        batching.current.pause(not batching.current.run.paused)
        redraw_panels()
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_batch_pause,)
