"""Set Up Backend: look at this computer, install, remove, cancel, and where the log lies."""

# No `from __future__ import annotations` here: Blender evaluates annotations itself.
from pathlib import Path

import bpy
from bpy.props import StringProperty

from .. import preferences, session
from ..core.idnames import Op
from ..core.sizes import tell_freed
from ..core.work import Work
from ..setup import backend_setup, permission
from .checked import Checked


class SetupOperator(Checked):
    """Mixed into an operator that works on the environment (`begin`): in a window it goes on by itself."""

    bl_options = {"INTERNAL"}

    def begin(self) -> Work:
        raise NotImplementedError

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        return backend_setup.find_obstacle(context)

    def run(self, context: bpy.types.Context, in_window: bool) -> set[str]:
        """A script that called the operator waits, and gets a RuntimeError where it fails."""
        work = self.begin()
        if in_window and not bpy.app.background and context.window is not None:
            return {"FINISHED"}
        refusal = backend_setup.wait(work)
        return self.fail(refusal) if refusal else {"FINISHED"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return self.run(context, in_window=True)

    def execute(self, context: bpy.types.Context) -> set[str]:
        return self.run(context, in_window=False)


class AVATARTEX_OT_check_setup(SetupOperator, bpy.types.Operator):
    """Look whether this computer can take the backend, and how much there is to download. Changes nothing"""

    bl_idname = Op.CHECK_SETUP
    bl_label = "Set Up Backend"

    def begin(self) -> Work:
        return backend_setup.check()

    def execute(self, context: bpy.types.Context) -> set[str]:
        done = super().execute(context)
        for check in backend_setup.checks.checks:
            self.report({"INFO"}, f"{check.name}: {check.text}")
        return done


class AVATARTEX_OT_setup_backend(SetupOperator, bpy.types.Operator):
    """Download and install the backend's packages into the folder of the preferences. What is there already is kept"""

    bl_idname = Op.SETUP_BACKEND
    bl_label = "Download and Install"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        if not bpy.app.online_access and bpy.app.online_access_override:  # the preferences cannot allow it
            return "Blender was started with --offline-mode: start it without, or install from a folder"
        return super().find_obstacle(context)

    def begin(self) -> Work:
        return backend_setup.install()

    def run(self, context: bpy.types.Context, in_window: bool) -> set[str]:
        if bpy.app.online_access:
            return super().run(context, in_window)
        if not in_window or bpy.app.background:
            return self.fail("Allow Online Access first: Preferences > System > Network")
        permission.await_permission()
        bpy.ops.extensions.userpref_show_online("INVOKE_DEFAULT")
        return {"FINISHED"}


class AVATARTEX_OT_install_from_folder(SetupOperator, bpy.types.Operator):
    bl_idname = Op.INSTALL_FROM_FOLDER
    bl_label = "Install from Folder"
    bl_description = (
        "Install the backend from a folder of packages, without any network. "
        "'blender --command avatartex wheels' fills such a folder on another machine"
    )

    directory: StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE", "HIDDEN"})
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    from_browser: bpy.props.BoolProperty(options={"SKIP_SAVE", "HIDDEN"})

    def begin(self) -> Work:
        return backend_setup.install(Path(bpy.path.abspath(self.directory)))

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.from_browser = True
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        return self.run(context, in_window=self.from_browser)


class AVATARTEX_OT_remove_backend(SetupOperator, bpy.types.Operator):
    bl_idname = Op.REMOVE_BACKEND
    bl_label = "Remove Backend"
    bl_description = (
        "Delete the backend's packages and networks and what was downloaded for them, for all Blender versions. "
        "Textures, files and preferences stay"
    )

    def begin(self) -> Work:
        return backend_setup.remove()

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if bpy.app.background or context.window is None:
            return self.execute(context)
        self.from_window = True
        home = preferences.home()
        return context.window_manager.invoke_confirm(
            self,
            event,
            title=f"Remove Backend{tell_freed(home.occupied)}?",
            confirm_text="Remove",
            message=f"Deletes 'backend' and 'weights' in {home.folder}. Textures and files stay.",
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        return self.run(context, in_window=getattr(self, "from_window", False))


class AVATARTEX_OT_cancel_setup(bpy.types.Operator):
    """Stop setting up the backend. What is downloaded stays, the next time it goes on from there"""

    bl_idname = Op.CANCEL_SETUP
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        permission.forget()
        backend_setup.stop()
        return {"FINISHED"}


class AVATARTEX_OT_open_log(bpy.types.Operator):
    """Open the folder with the backend's log, when something failed and its message does not tell enough"""

    bl_idname = Op.OPEN_LOG
    bl_label = "Open Log Folder"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        bpy.ops.wm.path_open(filepath=str(session.log().path.parent))
        return {"FINISHED"}
