"""Where the backend lives."""

from pathlib import Path

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from . import __package__ as base_package
from .backend.messages import DEVICES
from .core.command import choose_python

DEVICE_TEXTS = {
    "auto": ("Automatic", "The graphics card where there is a usable one"),
    "cpu": ("CPU", "The processor; slower, works everywhere"),
    "cuda": ("CUDA", "An NVIDIA graphics card"),
}


class AVATARTEX_AP_preferences(bpy.types.AddonPreferences):
    bl_idname = base_package

    backend_python: StringProperty(
        name="Backend Python", subtype="FILE_PATH",
        description="Python of an environment of your own that holds the backend's packages; "
                    "empty: the one that Set Up Backend makes",
    )
    setup_python: StringProperty(
        name="Python 3.11", subtype="FILE_PATH",
        description="The Python that Set Up Backend starts from; empty: the one found on this computer",
    )
    device: EnumProperty(
        name="Device", description="What computes",
        items=[(device, *DEVICE_TEXTS[device]) for device in DEVICES], default="auto",
    )

    results_kept: IntProperty(
        name="Results per Head", min=1, max=100, default=8,
        description="How many textures a head remembers beside its favourites; each makes the file larger",
    )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        setup = context.window_manager.avatartex_setup
        python = find_backend_python()
        status = layout.box().column(align=True)
        if python:
            status.label(text="The backend is set up.", icon="CHECKMARK")
            status.label(text=python, icon="BLANK1")
        else:
            status.label(text="The backend is not set up yet.", icon="INFO")
        draw_setup(status, setup, again=bool(python))
        layout.prop(self, "device")
        layout.prop(self, "results_kept")
        header, body = layout.panel("avatartex_advanced", default_closed=True)
        header.label(text="Advanced")
        if body is not None:
            body.prop(self, "backend_python")
            body.prop(self, "setup_python")
        layout.operator("avatartex.open_log", icon="TEXT")


def draw_setup(layout: bpy.types.UILayout, setup, again: bool = False) -> None:
    """The set-up button, or how far it is, or why it failed."""
    if setup.running:
        layout.progress(text=setup.text, factor=setup.fraction)
        layout.operator("avatartex.cancel_setup", icon="CANCEL")
        return
    if setup.error_message:
        from .panels import draw_sentence  # panels draws this box too

        draw_sentence(layout, setup.error_message, icon="ERROR")
        draw_sentence(layout, setup.error_cure)
    row = layout.row()
    row.scale_y = 1.3
    row.operator("avatartex.setup_backend", text="Set Up Again" if again else "Set Up Backend", icon="IMPORT")
    if not bpy.app.online_access:
        draw_online_hint(layout)


def draw_online_hint(layout: bpy.types.UILayout) -> None:
    layout.label(text="Allow Online Access first", icon="INTERNET_OFFLINE")
    layout.operator("extensions.userpref_show_online", text="Open System Preferences", icon="PREFERENCES")


def preferences() -> AVATARTEX_AP_preferences:
    return bpy.context.preferences.addons[base_package].preferences


def user_folder() -> Path:
    """A folder that is ours to write; Blender removes it when the extension is uninstalled."""
    return Path(bpy.utils.extension_path_user(base_package, create=True))


def environment_folder() -> Path:
    return user_folder() / "backend-environment"


def find_backend_python() -> str:
    """The backend's Python, '' when there is none."""
    preferred = preferences().backend_python
    return choose_python(bpy.path.abspath(preferred) if preferred else "", environment_folder())
