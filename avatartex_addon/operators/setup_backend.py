"""Set Up Backend: make the backend's own Python environment, with a bar, while Blender goes on."""

from __future__ import annotations

import time

import bpy

from .. import preferences, session
from ..core.installer import Installer
from ..redraw import redraw_panels

INTERVAL = 0.25

_running: Installer | None = None


class AVATARTEX_OT_setup_backend(bpy.types.Operator):
    """Install the backend's packages into an environment of its own (about 1 GB to download)"""

    bl_idname = "avatartex.setup_backend"
    bl_label = "Set Up Backend"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not bpy.app.online_access:
            cls.poll_message_set("Allow Online Access first: Preferences > System > Network")
            return False
        if context.window_manager.avatartex_setup.running or context.window_manager.avatartex_job.running:
            cls.poll_message_set("Wait until the running set-up or job is over")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if bpy.app.background or context.window is None:
            return self.execute(context)
        self.begin(context)
        self.timer = context.window_manager.event_timer_add(INTERVAL, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        self.show(context)
        if not self.installer.done:
            return {"PASS_THROUGH"}
        context.window_manager.event_timer_remove(self.timer)
        return self.end(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """Another file is loaded: the installer is stopped, an operator of the new file can start it again."""
        context.window_manager.event_timer_remove(self.timer)
        self.installer.cancel()
        self.end(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        self.begin(context)
        while not self.installer.done:
            time.sleep(INTERVAL)
        return self.end(context)

    def begin(self, context: bpy.types.Context) -> None:
        global _running
        session.close()  # Windows does not replace files of a running Python
        status = context.window_manager.avatartex_setup
        status.running, status.error_message, status.error_cure = True, "", ""
        requirements = session.EXTENSION_FOLDER / "backend" / "requirements.txt"
        chosen = bpy.path.abspath(preferences.preferences().setup_python)
        self.installer = _running = Installer(preferences.environment_folder(), requirements, chosen, session.log())
        self.installer.start()
        self.show(context)

    def show(self, context: bpy.types.Context) -> None:
        status = context.window_manager.avatartex_setup
        if (status.text, status.fraction) != (self.installer.text, self.installer.fraction):
            status.text, status.fraction = self.installer.text, self.installer.fraction
            redraw_panels()

    def end(self, context: bpy.types.Context) -> set[str]:
        global _running
        _running = None
        status = context.window_manager.avatartex_setup
        status.running = False
        redraw_panels()
        error = self.installer.error
        if error is None:
            context.window_manager.avatartex_job.reset()
            self.report({"INFO"}, "The backend is set up")
            return {"FINISHED"}
        status.error_message, status.error_cure = error.message, error.cure
        self.report({"ERROR"}, f"{error.message} {error.cure}")
        return {"CANCELLED"}


class AVATARTEX_OT_cancel_setup(bpy.types.Operator):
    """Stop setting up the backend"""

    bl_idname = "avatartex.cancel_setup"
    bl_label = "Cancel Set-Up"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        stop()
        return {"FINISHED"}


def stop() -> None:
    """Stop a running set-up; also when the extension is disabled."""
    if _running is not None:
        _running.cancel()


CLASSES = (AVATARTEX_OT_setup_backend, AVATARTEX_OT_cancel_setup)
