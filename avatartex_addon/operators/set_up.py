"""Set Up Backend: look at this computer, install, remove, cancel, and where the log lies."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from .. import preferences, session
from ..core.clock import freed_text
from ..core.work import Work
from ..setup import backend_setup, permission
from .checked import Checked, Confirmed


class WorkOperator(Confirmed):
    """Mixed into an operator that begins work on the environment or on models: in a window it goes on by itself. A
    script that called the operator waits, and gets a RuntimeError where it fails."""

    bl_options = {"INTERNAL"}

    def begin(self) -> Work:
        raise NotImplementedError

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        return backend_setup.find_obstacle(context)

    def ask(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return self.execute(context)

    def act(self, context: bpy.types.Context) -> set[str] | None:
        work = self.begin()
        if not self.in_window and (refusal := backend_setup.wait(work)):
            raise refusal


def find_offline() -> str:
    """Why nothing can be downloaded now; '' when it can."""
    return "" if bpy.app.online_access else "Allow Online Access first: Preferences > System > Network"


class AVATARTEX_OT_check_setup(WorkOperator, bpy.types.Operator):
    """Look whether this computer can take the backend, and how much there is to download. Changes nothing"""

    bl_label = "Set Up Backend"

    def begin(self) -> Work:
        return backend_setup.check()

    def act(self, context: bpy.types.Context) -> None:
        super().act(context)
        for check in backend_setup.checks.checks if not self.in_window else ():
            self.report({"INFO"}, f"{check.name}: {check.text}")


class AVATARTEX_OT_setup_backend(WorkOperator, bpy.types.Operator):
    """Download and install the backend's packages into the folder of the preferences. What is there already is kept"""

    bl_label = "Download and Install"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        decided = not bpy.app.online_access and bpy.app.online_access_override  # the preferences cannot allow it
        if decided and not preferences.carried():
            return "Blender was started with --offline-mode: start it without, or install from a folder"
        return super().find_obstacle(context)

    def begin(self) -> Work:
        return backend_setup.install()

    def act(self, context: bpy.types.Context) -> set[str] | None:
        if bpy.app.online_access or preferences.carried():
            return super().act(context)
        if not self.in_window:
            return self.fail(find_offline())
        permission.await_permission()
        bpy.ops.extensions.userpref_show_online("INVOKE_DEFAULT")


class AVATARTEX_OT_setup_large(WorkOperator, bpy.types.Operator):
    """Download and install the packages that large models need, beside the backend's own"""

    bl_label = "Install Packages"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        return find_offline() or super().find_obstacle(context)

    def begin(self) -> Work:
        return backend_setup.install(large=True)


class AVATARTEX_OT_install_from_folder(WorkOperator, bpy.types.Operator):
    bl_label = "Install from Folder"
    bl_description = (
        "Install the backend from a folder of packages, without any network. "
        "'blender --command avatartex wheels' fills such a folder on another machine"
    )

    directory: StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE", "HIDDEN"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})

    def begin(self) -> Work:
        return backend_setup.install(Path(bpy.path.abspath(self.directory)))

    def ask(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}


class AVATARTEX_OT_remove_backend(WorkOperator, bpy.types.Operator):
    bl_label = "Remove Backend"
    bl_description = (
        "Delete the backend's packages and networks and what was downloaded for them, for all Blender versions. "
        "Textures, files and preferences stay"
    )

    def begin(self) -> Work:
        return backend_setup.remove()

    def ask(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        home = preferences.home()
        return context.window_manager.invoke_confirm(
            self,
            event,
            title=f"Remove Backend{freed_text(home.occupied)}?",
            confirm_text="Remove",
            message=f"Deletes 'backend' and 'weights' in {home.folder}. Textures and files stay.",
        )


class AVATARTEX_OT_cancel_setup(Checked, bpy.types.Operator):
    """Stop setting up the backend. What is downloaded stays, the next time it goes on from there"""

    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    def act(self, context: bpy.types.Context) -> None:
        permission.forget()
        backend_setup.stop()


class AVATARTEX_OT_open_log(Checked, bpy.types.Operator):
    """Open the folder with the backend's log, when something failed and its message does not say enough"""

    bl_label = "Open Log Folder"
    bl_options = {"INTERNAL"}

    def act(self, context: bpy.types.Context) -> None:
        bpy.ops.wm.path_open(filepath=str(session.log().path.parent))
