"""What operators with a chore do alike: modal with a timer in a window, blocking elsewhere."""

from __future__ import annotations

import bpy

from ..backend.errors import AvatarTexError
from ..core.chore import Chore, Parts, run_whole
from .checked import Checked

#: Seconds between two looks whether a part is through.
CHORE_INTERVAL = 0.02
#: What ends a chore with a sentence.
REFUSALS = (AvatarTexError, OSError, LookupError)


class ChoreOperator(Checked):
    """Mixed into an operator, which says what to do (`parts`) and what then with its `result` (`conclude`)."""

    def parts(self, context: bpy.types.Context) -> Parts:
        raise NotImplementedError

    def conclude(self, context: bpy.types.Context) -> set[str]:
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            self.result = run_whole(self.parts(context))
        except REFUSALS as reason:
            return self.refuse(reason)
        return self.conclude(context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if bpy.app.background or context.window is None:
            return self.execute(context)
        try:
            self.chore = Chore(self.parts(context))
        except REFUSALS as reason:
            return self.refuse(reason)
        self.window = context.window
        self.window.cursor_modal_set("WAIT")
        self.timer = context.window_manager.event_timer_add(CHORE_INTERVAL, window=self.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        try:
            if not self.chore.step():
                return {"PASS_THROUGH"}
        except REFUSALS as reason:
            self.cancel(context)
            return self.refuse(reason)
        self.cancel(context)
        self.result = self.chore.result
        return self.conclude(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """Nothing is to be done any more; Blender calls it where another file is loaded or the window closes."""
        context.window_manager.event_timer_remove(self.timer)
        self.window.cursor_modal_restore()

    def refuse(self, reason: Exception) -> set[str]:
        unsaved = isinstance(reason, OSError)
        return self.fail(f"The picture could not be saved ({reason.strerror})." if unsaved else reason)
