"""Generate Texture: modal with a timer in a window, blocking in scripts and in the background."""

# No `from __future__ import annotations` here: Blender evaluates annotations itself.
import sys
import time

import bpy

from ..backend.errors import AvatarTexError, Cancelled, ErrorCode
from ..backend.messages import LOW_SCORE
from ..generation import Generation
from ..redraw import redraw_panels
from ..scene.head import find_problem

#: Seconds between two looks at the backend. Each takes about 20 microseconds; the bar moves evenly.
INTERVAL = 0.05


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
        if problem := find_problem(context):
            cls.poll_message_set(f"{problem.message} {problem.cure}")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if bpy.app.background or context.window is None:
            return self.execute(context)
        try:
            self.job = Generation(context, LOW_SCORE if self.ask else 0.0)
        except AvatarTexError as refusal:
            return self.refuse(context, refusal)
        self.drawn = None
        self.timer = context.window_manager.event_timer_add(INTERVAL, window=context.window)
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
            return self.finish(context)
        except (AvatarTexError, Cancelled) as end:
            self.end_modal(context)
            return self.refuse(context, end)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator, because another file is loaded or the window closes."""
        self.job.cancel()
        self.end_modal(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            self.job = Generation(context)
        except AvatarTexError as refusal:
            return self.refuse(context, refusal)
        show = ProgressLine()
        try:
            while not self.job.step():
                show(self.job.status.stage, self.job.status.fraction)
                time.sleep(INTERVAL)
            self.job.finish()
            return self.finish(context)
        except KeyboardInterrupt:
            self.job.client.close()
            self.job.finish()
            return self.refuse(context, Cancelled())
        except (AvatarTexError, Cancelled) as end:
            self.job.finish()
            return self.refuse(context, end)

    def finish(self, context: bpy.types.Context) -> set[str]:
        self.job.apply(context)
        redraw_panels()
        status = context.window_manager.avatartex_job
        for warning in status.warnings.splitlines():
            self.report({"WARNING"}, warning)
        self.report({"INFO"}, f"Textured '{status.object_name}': {status.summary or 'done'}")
        return {"FINISHED"}

    def refuse(self, context: bpy.types.Context, end: AvatarTexError | Cancelled) -> set[str]:
        """Show why there is no texture. A script that called the operator gets a RuntimeError from the report."""
        redraw_panels()
        if isinstance(end, Cancelled):
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


class ProgressLine:
    """Each new stage on stderr, for those who watch a terminal."""

    def __init__(self) -> None:
        self.last = ""

    def __call__(self, stage: str, fraction: float) -> None:
        if stage != self.last:
            self.last = stage
            print(f"{round(fraction * 100):3d} %  {stage}", file=sys.stderr, flush=True)


CLASSES = (AVATARTEX_OT_generate,)
