"""Generate Anyway: after the backend doubted the registration, once the artist has said so."""

from __future__ import annotations

import bpy


class AVATARTEX_OT_generate_anyway(bpy.types.Operator):
    """Make a texture although the head may lie wrongly on the portrait. Undo takes it back"""

    bl_idname = "avatartex.generate_anyway"
    bl_label = "Generate Anyway"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return not context.window_manager.avatartex_job.running

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(
            self, event, title="The registration is doubtful", confirm_text="Generate Anyway", icon="WARNING",
            message=context.window_manager.avatartex_job.error_message,
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        bpy.ops.avatartex.generate("INVOKE_DEFAULT", ask=False)
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_generate_anyway,)
