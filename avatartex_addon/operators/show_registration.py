"""Show Registration: asks the backend how the head lies on the portrait, without a texture."""

from __future__ import annotations

import time

import bpy

from ..api import INTERVAL
from ..backend.errors import AvatarTexError, Cancelled
from ..core.terminal import ProgressLine
from ..redraw import redraw_panels
from ..registration import OVERLAY, Registration
from ..scene.head import find_problem
from ..scene.image_editor import show_image


class AVATARTEX_OT_show_registration(bpy.types.Operator):
    """Show how the head lies on the portrait, in an Image Editor. No texture is made, nothing is changed"""

    bl_idname = "avatartex.show_registration"
    bl_label = "Show Registration"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.window_manager.avatartex_job.running:
            cls.poll_message_set("The backend is at work; wait for it or cancel it")
            return False
        if problem := find_problem(context):
            cls.poll_message_set(f"{problem.message} {problem.cure}")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if bpy.app.background or context.window is None:
            return self.execute(context)
        try:
            self.job = Registration(context)
        except AvatarTexError as refusal:
            return self.refuse(context, refusal)
        self.timer = context.window_manager.event_timer_add(INTERVAL, window=context.window)
        context.window_manager.modal_handler_add(self)
        redraw_panels()
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        try:
            if not self.job.step():
                redraw_panels()
                return {"PASS_THROUGH"}
            self.end_modal(context)
            return self.show(context)
        except (AvatarTexError, Cancelled) as end:
            self.end_modal(context)
            return self.refuse(context, end)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator, because another file is loaded or the window closes."""
        context.window_manager.event_timer_remove(self.timer)
        self.job.abandon()

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            self.job = Registration(context)
        except AvatarTexError as refusal:
            return self.refuse(context, refusal)
        tell = ProgressLine()
        try:
            while not self.job.step():
                tell(self.job.status.stage, self.job.status.fraction)
                time.sleep(INTERVAL)
            self.job.finish()
            return self.show(context)
        except (AvatarTexError, Cancelled) as end:
            self.job.finish()
            return self.refuse(context, end)

    def show(self, context: bpy.types.Context) -> set[str]:
        self.job.apply(context)
        told = context.window_manager.avatartex_registration
        show_image(context, OVERLAY)
        redraw_panels()
        if told.code:
            status = context.window_manager.avatartex_job
            self.report({"WARNING"}, f"{status.error_message} {status.error_cure}")
        else:
            self.report({"INFO"}, told.sentence)
        return {"FINISHED"}

    def refuse(self, context: bpy.types.Context, end: AvatarTexError | Cancelled) -> set[str]:
        redraw_panels()
        if isinstance(end, Cancelled):
            self.report({"INFO"}, "Cancelled; nothing was changed")
            return {"CANCELLED"}
        context.window_manager.avatartex_job.show_error(end.code, end.message, end.cure)
        self.report({"ERROR"}, f"{end.message} {end.cure}")
        return {"CANCELLED"}

    def end_modal(self, context: bpy.types.Context) -> None:
        context.window_manager.event_timer_remove(self.timer)
        self.job.finish()


CLASSES = (AVATARTEX_OT_show_registration,)
