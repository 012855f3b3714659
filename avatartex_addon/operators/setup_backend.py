"""Download and install the backend's packages into an environment of their own, while Blender goes on."""

from __future__ import annotations

import bpy

from .. import backend_setup
from ..core.work import Work


class SetupOperator:
    """Mixed into an operator that changes the environment (`begin`): in a window it goes on by itself."""

    def begin(self) -> Work:
        raise NotImplementedError

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if obstacle := backend_setup.find_obstacle(context):
            cls.poll_message_set(obstacle)
            return False
        return True

    def run(self, context: bpy.types.Context, in_window: bool) -> set[str]:
        """A script that called the operator waits, and gets a RuntimeError where it fails."""
        work = self.begin()
        if in_window and not bpy.app.background and context.window is not None:
            return {"FINISHED"}
        if refusal := backend_setup.wait(work):
            self.report({"ERROR"}, f"{refusal.message} {refusal.cure}")
            return {"CANCELLED"}
        return {"FINISHED"}


class AVATARTEX_OT_setup_backend(SetupOperator, bpy.types.Operator):
    """Download and install the backend's packages into the folder of the preferences. What is there already is kept"""

    bl_idname = "avatartex.setup_backend"
    bl_label = "Download and Install"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not bpy.app.online_access:
            cls.poll_message_set("Allow Online Access first: Preferences > System > Network")
            return False
        return super().poll(context)

    def begin(self) -> Work:
        return backend_setup.install()

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return self.run(context, in_window=True)

    def execute(self, context: bpy.types.Context) -> set[str]:
        return self.run(context, in_window=False)


CLASSES = (AVATARTEX_OT_setup_backend,)
