"""Install the backend's packages from a folder, on a machine without network."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import StringProperty

from .. import backend_setup
from ..core.work import Work
from .setup_backend import SetupOperator


class AVATARTEX_OT_install_from_folder(SetupOperator, bpy.types.Operator):
    bl_idname = "avatartex.install_from_folder"
    bl_label = "Install from Folder"
    bl_description = (
        "Install the backend from a folder of packages, without any network. "
        "'blender --command avatartex wheels' fills such a folder on another machine"
    )
    bl_options = {"INTERNAL"}

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


CLASSES = (AVATARTEX_OT_install_from_folder,)
