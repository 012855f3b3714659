"""Operators that take a while: modal with a timer in a window, where the artist goes on working; blocking elsewhere."""

import bpy

from ..backend.errors import AvatarTexError, Cancelled
from ..core.chore import Chore, Parts, run_whole
from ..core.clock import round_seconds
from ..core.log import ProgressLine
from ..jobs.backend_task import INTERVAL, BackendTask
from ..scene.head import find_problem
from ..scene.redraw import redraw_panels
from ..setup import preparing
from .checked import Checked, IdleOnly, as_text, has_window


class TimedOperator(Checked):
    """Mixed into an operator; its work is done in `step` until that is true, then comes `conclude`."""

    interval = INTERVAL  # seconds between two steps
    refusals: tuple[type[Exception], ...] = (AvatarTexError, Cancelled)  # what ends it with a sentence
    drawn: tuple = ()

    def step(self) -> bool:
        raise NotImplementedError

    def conclude(self, context: bpy.types.Context) -> set[str]:
        """Use what came out."""
        raise NotImplementedError

    def finish(self) -> None:
        """The work is over, in whatever way."""

    def abandon(self) -> None:
        """Nobody will use what comes out: another file is being loaded, or the window closes."""
        self.finish()

    def state(self) -> tuple:
        """What panels show of the work."""
        return ()

    def start_timer(self, context: bpy.types.Context) -> set[str]:
        self.timer = context.window_manager.event_timer_add(self.interval, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        try:
            if not self.step():
                if (state := self.state()) != self.drawn:
                    self.drawn = state
                    redraw_panels()
                return {"PASS_THROUGH"}
        except self.refusals as end:
            self.stop_timer(context)
            self.finish()
            return self.refuse(context, end)
        self.stop_timer(context)
        self.finish()
        try:
            return self.conclude(context)
        except self.refusals as end:
            return self.refuse(context, end)

    def stop_timer(self, context: bpy.types.Context) -> None:
        context.window_manager.event_timer_remove(self.timer)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator, because another file is loaded or the window closes."""
        self.stop_timer(context)
        self.abandon()

    def refuse(self, context: bpy.types.Context, end: Exception) -> set[str]:
        return self.fail(end)


class BackendOperator(TimedOperator, IdleOnly):
    """Mixed into an operator that asks the backend, which says what (`begin`)."""

    in_window = False  # the panel is there to say why

    def begin(self, context: bpy.types.Context) -> BackendTask:
        raise NotImplementedError

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        if obstacle := super().find_obstacle(context):
            return obstacle
        return as_text(problem) if (problem := find_problem(context)) else ""

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not has_window(context):
            return self.execute(context)
        self.in_window = True
        if preparing.is_due():
            preparing.make_ready(then=self.bl_idname.rpartition("_OT_")[2])
            return {"CANCELLED"}
        try:
            self.job = self.begin(context)
        except AvatarTexError as refusal:
            return self.refuse(context, refusal)
        redraw_panels()
        return self.start_timer(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            self.job = self.begin(context)
            self.job.wait(ProgressLine())
            return self.conclude(context)
        except self.refusals as end:
            return self.refuse(context, end)

    def step(self) -> bool:
        return self.job.step()

    def finish(self) -> None:
        self.job.finish()

    def abandon(self) -> None:
        self.job.abandon()

    def state(self) -> tuple:
        status = self.job.status
        return status.stage, round(status.fraction, 2), status.preview, round_seconds(status.seconds_left)

    def refuse(self, context: bpy.types.Context, end: AvatarTexError | Cancelled) -> set[str]:
        """Show why there is no answer. A script that called the operator gets a RuntimeError from the report."""
        redraw_panels()
        if isinstance(end, Cancelled):
            self.report({"INFO"}, "Cancelled; nothing was changed")
            return {"CANCELLED"}
        context.window_manager.avatartex_job.show_error(end.code, end.message, end.cure)
        # an error would pop up over the panel that says the same
        self.report({"WARNING" if self.in_window else "ERROR"}, as_text(end))
        return {"CANCELLED"}

    def report_made(self, warnings: tuple[str, ...], text: str) -> set[str]:
        """What `conclude` returns."""
        redraw_panels()
        for warning in warnings:
            self.report({"WARNING"}, warning)
        self.report({"INFO"}, text)
        return {"FINISHED"}


class ChoreOperator(TimedOperator):
    """Mixed into an operator, which says what to do (`parts`) and what then with its `result` (`conclude`)."""

    interval = 0.02
    refusals = (AvatarTexError, OSError, LookupError)

    def parts(self, context: bpy.types.Context) -> Parts:
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            self.result = run_whole(self.parts(context))
        except self.refusals as reason:
            return self.refuse(context, reason)
        return self.conclude(context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not has_window(context):
            return self.execute(context)
        try:
            self.chore = Chore(self.parts(context))
        except self.refusals as reason:
            return self.refuse(context, reason)
        self.window = context.window
        self.window.cursor_modal_set("WAIT")
        return self.start_timer(context)

    def step(self) -> bool:
        done, self.result = self.chore.step(), self.chore.result
        return done

    def finish(self) -> None:
        self.window.cursor_modal_restore()

    def refuse(self, context: bpy.types.Context, end: Exception) -> set[str]:
        unsaved = isinstance(end, OSError)
        return self.fail(f"The picture could not be saved ({end.strerror})." if unsaved else end)
