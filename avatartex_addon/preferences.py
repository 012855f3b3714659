"""Where the backend lives."""

import bpy
from bpy.props import StringProperty

from . import session


class AVATARTEX_Preferences(bpy.types.AddonPreferences):
    bl_idname = __package__

    backend_python: StringProperty(
        name="Backend Python", subtype="FILE_PATH",
        description="Python of the backend's own environment; empty to use the one that Set Up Backend makes",
    )

    def draw(self, context):
        layout = self.layout
        layout.prop(self, "backend_python")
        python = session.backend_python()
        layout.label(text=f"In use: {python}" if python else "The backend is not set up.", icon="CHECKMARK" if python else "ERROR")
        layout.operator("avatartex.setup_backend", icon="IMPORT")
        layout.label(text=f"Log: {session.log_path()}")


CLASSES = (AVATARTEX_Preferences,)


def get(context=None):
    """This add-on's preferences, or None when it runs unregistered."""
    addon = (context or bpy.context).preferences.addons.get(__package__)
    return addon.preferences if addon else None
