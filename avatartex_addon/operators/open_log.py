"""Show what the backend said."""

from __future__ import annotations

import bpy

from .. import session


class AVATARTEX_OT_open_log(bpy.types.Operator):
    """Open the folder with the backend's log, when something failed and its message does not tell enough"""

    bl_idname = "avatartex.open_log"
    bl_label = "Open Log Folder"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        bpy.ops.wm.path_open(filepath=str(session.log().path.parent))
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_open_log,)
