"""Cancel the running job: within two seconds, the backend's cooperation given or not."""

from __future__ import annotations

import bpy

from .. import session


class AVATARTEX_OT_cancel(bpy.types.Operator):
    """Stop generating. Nothing in the scene is changed"""

    bl_idname = "avatartex.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        status = context.window_manager.avatartex_job
        if not status.running or status.cancelling:
            cls.poll_message_set("Nothing is being generated")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.window_manager.avatartex_job.cancelling = True
        session.client().cancel()  # generate's own timer sees the answer
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_cancel,)
