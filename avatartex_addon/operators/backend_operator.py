"""What operators that ask the backend do alike: modal with a timer in a window, blocking elsewhere."""

from __future__ import annotations

import bpy

from ..backend.errors import AvatarTexError, Cancelled
from ..core.clock import round_seconds
from ..core.terminal import ProgressLine
from ..jobs.backend_task import INTERVAL, BackendTask
from ..scene.head import find_problem
from ..scene.redraw import redraw_panels
from .checked import IdleOnly, tell_reason


class BackendOperator(IdleOnly):
    """Mixed into an operator, which says what to ask (`begin`) and what to do with the answer (`conclude`)."""

    in_window = False  # the panel is there to tell why

    def begin(self, context: bpy.types.Context, in_window: bool) -> BackendTask:
        raise NotImplementedError

    def conclude(self, context: bpy.types.Context) -> set[str]:
        raise NotImplementedError

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        if obstacle := super().find_obstacle(context):
            return obstacle
        return tell_reason(problem) if (problem := find_problem(context)) else ""

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if bpy.app.background or context.window is None:
            return self.execute(context)
        self.in_window = True
        try:
            self.job = self.begin(context, in_window=True)
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
            return self.conclude(context)
        except (AvatarTexError, Cancelled) as end:
            self.end_modal(context)
            return self.refuse(context, end)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator, because another file is loaded or the window closes."""
        context.window_manager.event_timer_remove(self.timer)
        self.job.abandon()

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            self.job = self.begin(context, in_window=False)
            self.job.wait(ProgressLine())
            return self.conclude(context)
        except (AvatarTexError, Cancelled) as end:
            return self.refuse(context, end)

    def refuse(self, context: bpy.types.Context, end: AvatarTexError | Cancelled) -> set[str]:
        """Show why there is no answer. A script that called the operator gets a RuntimeError from the report."""
        redraw_panels()
        if isinstance(end, Cancelled):
            self.report({"INFO"}, "Cancelled; nothing was changed")
            return {"CANCELLED"}
        context.window_manager.avatartex_job.show_error(end.code, end.message, end.cure)
        # an error would pop up over the panel that says the same
        self.report({"WARNING" if self.in_window else "ERROR"}, tell_reason(end))
        return {"CANCELLED"}

    def end_modal(self, context: bpy.types.Context) -> None:
        context.window_manager.event_timer_remove(self.timer)
        self.job.finish()

    def redraw_on_change(self) -> None:
        status = self.job.status
        now = (status.stage, round(status.fraction, 2), status.preview, round_seconds(status.seconds_left))
        if now != self.drawn:
            self.drawn = now
            redraw_panels()
