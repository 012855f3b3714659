"""Give back the disk space of the backend."""

from __future__ import annotations

import bpy

from .. import backend_setup, preferences
from ..core.work import Work
from .setup_backend import SetupOperator


class AVATARTEX_OT_remove_backend(SetupOperator, bpy.types.Operator):
    bl_idname = "avatartex.remove_backend"
    bl_label = "Remove Backend"
    bl_description = (
        "Delete the backend's packages and networks and what was downloaded for them, for all Blender versions. "
        "Textures, files and preferences stay"
    )
    bl_options = {"INTERNAL"}

    def begin(self) -> Work:
        return backend_setup.remove()

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if bpy.app.background or context.window is None:
            return self.execute(context)
        self.from_window = True
        home = preferences.home()
        return context.window_manager.invoke_confirm(
            self, event, title=f"Remove Backend{freed(home.occupied)}?", confirm_text="Remove",
            message=f"Deletes 'backend' and 'weights' in {home.folder}. Textures and files stay.",
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        return self.run(context, in_window=getattr(self, "from_window", False))


def freed(size: int) -> str:
    """' (1.5 GB)', '' where the set-up could not note a size."""
    return f" ({tell_size(size)})" if size else ""


def tell_size(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{max(1, round(size / 1e6))} MB"


CLASSES = (AVATARTEX_OT_remove_backend,)
