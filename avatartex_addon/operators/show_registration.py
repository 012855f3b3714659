"""Show Registration: asks the backend how the head lies on the portrait, without a texture."""

from __future__ import annotations

import bpy

from ..redraw import redraw_panels
from ..registration import OVERLAY, Registration
from ..scene.image_editor import show_image
from .backend_operator import BackendOperator


class AVATARTEX_OT_show_registration(BackendOperator, bpy.types.Operator):
    """Show in an Image Editor how the head lies on the portrait: look there when eyes or mouth land in the \
wrong place. Nothing is changed"""

    bl_idname = "avatartex.show_registration"
    bl_label = "Show Registration"

    def begin(self, context: bpy.types.Context, in_window: bool) -> Registration:
        return Registration(context)

    def conclude(self, context: bpy.types.Context) -> set[str]:
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


CLASSES = (AVATARTEX_OT_show_registration,)
