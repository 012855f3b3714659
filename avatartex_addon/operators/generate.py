"""Generate Texture."""

# No `from __future__ import annotations` here: Blender evaluates annotations itself.
import bpy

from .. import api
from ..backend.errors import ErrorCode
from ..backend.messages import LOW_SCORE
from ..generation import Generation, job_of_settings
from ..redraw import redraw_panels
from .backend_operator import BackendOperator


class AVATARTEX_OT_generate(BackendOperator, bpy.types.Operator):
    """Make a texture for the head from the portrait. The UV map, slots and nodes stay as they are"""

    bl_idname = "avatartex.generate"
    bl_label = "Generate Texture"
    bl_options = {"UNDO"}  # one step, pushed by Blender when the operator finishes, and only then

    ask: bpy.props.BoolProperty(
        default=True, options={"HIDDEN", "SKIP_SAVE"},
        description="In a window, ask first where the registration is doubtful",
    )

    def begin(self, context: bpy.types.Context, in_window: bool) -> Generation:
        return api.start(job_of_settings(context, LOW_SCORE if in_window and self.ask else 0.0))

    def conclude(self, context: bpy.types.Context) -> set[str]:
        made = self.job.apply()
        redraw_panels()
        for warning in made.warnings:
            self.report({"WARNING"}, warning)
        self.report({"INFO"}, f"Textured '{made.object.name}': {made.summary or 'done'}")
        return {"FINISHED"}

    def refuse(self, context: bpy.types.Context, end: api.AvatarTexError | api.Cancelled) -> set[str]:
        if getattr(end, "code", None) != ErrorCode.LOW_SCORE:
            return super().refuse(context, end)
        redraw_panels()
        context.window_manager.avatartex_job.show_error(end.code, end.message, end.cure)
        bpy.ops.avatartex.generate_anyway("INVOKE_DEFAULT")
        return {"CANCELLED"}


CLASSES = (AVATARTEX_OT_generate,)
