"""Set Up Backend begins with a look at this computer; nothing is changed yet."""

from __future__ import annotations

import bpy

from .. import backend_setup


class AVATARTEX_OT_check_setup(bpy.types.Operator):
    """Look whether this computer can take the backend, and how much there is to download. Changes nothing"""

    bl_idname = "avatartex.check_setup"
    bl_label = "Set Up Backend"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if obstacle := backend_setup.find_obstacle(context):
            cls.poll_message_set(obstacle)
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if bpy.app.background or context.window is None:
            return self.execute(context)
        backend_setup.check()
        return {"FINISHED"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        run = backend_setup.check()
        if refusal := backend_setup.wait(run):
            self.report({"ERROR"}, f"{refusal.message} {refusal.cure}")
            return {"CANCELLED"}
        for check in run.checks:
            self.report({"INFO"}, f"{check.name}: {check.text}")
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_check_setup,)
