"""Paste a Portrait: the picture, or the picture file, that was copied elsewhere."""

from __future__ import annotations

import bpy

from ..scene.clipboard import paste
from .portrait_operator import PortraitOperator, portraits_folder


class AVATARTEX_OT_paste_portrait(PortraitOperator, bpy.types.Operator):
    """Use the picture on the clipboard, copied in a browser, an image editor or a file manager, as the portrait"""

    bl_idname = "avatartex.paste_portrait"
    bl_label = "Paste a Portrait"

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            path = paste(context, portraits_folder())
        except LookupError as reason:
            self.report({"ERROR"}, str(reason))
            return {"CANCELLED"}
        except OSError as reason:
            self.report({"ERROR"}, f"The picture could not be saved ({reason.strerror}).")
            return {"CANCELLED"}
        return self.take(context, str(path))


CLASSES = (AVATARTEX_OT_paste_portrait,)
