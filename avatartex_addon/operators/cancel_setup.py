"""Stop the running set-up."""

from __future__ import annotations

import bpy

from .. import backend_setup


class AVATARTEX_OT_cancel_setup(bpy.types.Operator):
    """Stop setting up the backend. What is downloaded stays, the next time it goes on from there"""

    bl_idname = "avatartex.cancel_setup"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        backend_setup.stop()
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_cancel_setup,)
