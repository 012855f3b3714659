"""Set Up Backend: a Python environment of its own from the shipped lock file."""

from __future__ import annotations

import subprocess
import sys

import bpy

from .. import session
from ..backend.errors import AvatarTexError, ErrorCode
from ..core import environment
from ..versions import online_access
from .generate import redraw, set_error


class AVATARTEX_OT_setup_backend(bpy.types.Operator):
    bl_idname = "avatartex.setup_backend"
    bl_label = "Set Up Backend"
    bl_description = "Install the backend's packages into an environment of its own (about 1.5 GB), never into Blender"

    _timer = _child = None

    @classmethod
    def poll(cls, context):
        if context.window_manager.avatartex_job.running:
            cls.poll_message_set("Wait for the running job")
            return False
        if not online_access():
            cls.poll_message_set("Allow Online Access in the preferences, or choose an existing Python for the backend")
            return False
        return True

    def invoke(self, context, event):
        if not self._begin(context):
            return {"CANCELLED"}
        self._timer = context.window_manager.event_timer_add(0.25, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context):
        if not self._begin(context):
            return {"CANCELLED"}
        while True:
            self._child.wait()
            outcome = self._advance(context)
            if outcome:
                return outcome

    def modal(self, context, event):
        if event.type != "TIMER" or self._child.poll() is None:
            return {"PASS_THROUGH"}
        outcome = self._advance(context)
        if outcome:
            context.window_manager.event_timer_remove(self._timer)
        return outcome or {"PASS_THROUGH"}

    def cancel(self, context):
        self._child.kill()
        context.window_manager.avatartex_job.running = False

    def _begin(self, context) -> bool:
        job = context.window_manager.avatartex_job
        set_error(job, None)
        base = environment.find_base_python()
        if not base:
            wanted = ".".join(map(str, environment.WANTED))
            self._refuse(context, f"No Python {wanted} was found to make the environment with.",
                         f"Install Python {wanted}, or choose the backend's Python in the preferences.")
            return False
        lock = session.extension_folder() / "backend" / "requirements.txt"
        self._commands = environment.setup_commands(base, session.environment_folder(), lock)
        self._count = len(self._commands)
        job.running, job.stage, job.fraction = True, "Setting up the backend", 0.0
        self._next()
        redraw(context)
        return True

    def _next(self) -> None:
        flags = {"creationflags": subprocess.CREATE_NO_WINDOW} if sys.platform == "win32" else {}
        with open(session.log_path(), "ab") as log:
            self._child = subprocess.Popen(
                self._commands.pop(0), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, **flags,
            )

    def _advance(self, context):
        """After a command ended: the next one, or the outcome."""
        job = context.window_manager.avatartex_job
        job.fraction = 1 - len(self._commands) / self._count
        redraw(context)
        if self._child.returncode != 0:
            job.running = False
            return self._refuse(context, "Setting up the backend failed.", f"Read {session.log_path()}, then try again.")
        if self._commands:
            self._next()
            return None
        job.running = False
        job.note = "The backend is ready."
        return {"FINISHED"}

    def _refuse(self, context, message: str, cure: str):
        set_error(context.window_manager.avatartex_job, AvatarTexError(ErrorCode.BACKEND_MISSING, message, cure))
        self.report({"ERROR"}, f"{message} {cure}")
        return {"CANCELLED"}


CLASSES = (AVATARTEX_OT_setup_backend,)
