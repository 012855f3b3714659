"""Generate Texture: modal with a timer in a window, blocking in scripts and in the background."""

# No `from __future__ import annotations` here: Blender evaluates annotations itself.
import bpy

from .. import api
from ..backend.errors import ErrorCode
from ..backend.messages import LOW_SCORE
from ..core.terminal import ProgressLine
from ..generation import Textures, job_of_settings
from ..redraw import redraw_panels
from ..scene.head import find_problem


class AVATARTEX_OT_generate(bpy.types.Operator):
    """Make a texture for the head from the portrait. The UV map, slots and nodes stay as they are"""

    bl_idname = "avatartex.generate"
    bl_label = "Generate Texture"
    bl_options = {"UNDO"}  # one step, pushed by Blender when the operator finishes, and only then

    ask: bpy.props.BoolProperty(
        default=True, options={"HIDDEN", "SKIP_SAVE"},
        description="In a window, ask first where the registration is doubtful",
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.window_manager.avatartex_job.running:
            cls.poll_message_set("A texture is being generated; wait for it or cancel it")
            return False
        if context.window_manager.avatartex_batch.is_working:
            cls.poll_message_set("A batch is running; wait for it, pause it or cancel it")
            return False
        if problem := find_problem(context):
            cls.poll_message_set(f"{problem.message} {problem.cure}")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if bpy.app.background or context.window is None:
            return self.execute(context)
        try:
            self.job = api.start(job_of_settings(context, LOW_SCORE if self.ask else 0.0))
        except api.AvatarTexError as refusal:
            return self.refuse(context, refusal)
        self.drawn = None
        self.timer = context.window_manager.event_timer_add(api.INTERVAL, window=context.window)
        context.window_manager.modal_handler_add(self)
        redraw_panels()
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type != "TIMER":
            return {"PASS_THROUGH"}  # the artist goes on working
        try:
            if not self.job.step():
                self.redraw_on_change()
                return {"PASS_THROUGH"}
            self.end_modal(context)
            return self.finish(self.job.apply())
        except (api.AvatarTexError, api.Cancelled) as end:
            self.end_modal(context)
            return self.refuse(context, end)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator, because another file is loaded or the window closes."""
        context.window_manager.event_timer_remove(self.timer)
        self.job.abandon()

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            return self.finish(api.run(job_of_settings(context), ProgressLine()))
        except (api.AvatarTexError, api.Cancelled) as end:
            return self.refuse(context, end)

    def finish(self, made: Textures) -> set[str]:
        redraw_panels()
        for warning in made.warnings:
            self.report({"WARNING"}, warning)
        self.report({"INFO"}, f"Textured '{made.object.name}': {made.summary or 'done'}")
        return {"FINISHED"}

    def refuse(self, context: bpy.types.Context, end: api.AvatarTexError | api.Cancelled) -> set[str]:
        """Show why there is no texture. A script that called the operator gets a RuntimeError from the report."""
        redraw_panels()
        if isinstance(end, api.Cancelled):
            self.report({"INFO"}, "Cancelled; nothing was changed")
            return {"CANCELLED"}
        context.window_manager.avatartex_job.show_error(end.code, end.message, end.cure)
        if end.code == ErrorCode.LOW_SCORE:
            bpy.ops.avatartex.generate_anyway("INVOKE_DEFAULT")
            return {"CANCELLED"}
        self.report({"ERROR"}, f"{end.message} {end.cure}")
        return {"CANCELLED"}

    def end_modal(self, context: bpy.types.Context) -> None:
        context.window_manager.event_timer_remove(self.timer)
        self.job.finish()

    def redraw_on_change(self) -> None:
        now = (self.job.status.stage, round(self.job.status.fraction, 2))
        if now != self.drawn:
            self.drawn = now
            redraw_panels()


CLASSES = (AVATARTEX_OT_generate,)
