"""AvatarTex: textures any head from one portrait.

Blender's side: it captures the head, asks the backend (a process of its own) and applies what comes back.
"""

from __future__ import annotations

import bpy

from . import cli, operators, panel_registration, panels, pin_properties, preferences, properties, session
from .operators import edit_pins, setup_backend
from .scene import thumbnails

CLASSES = (
    *properties.CLASSES, *pin_properties.CLASSES, preferences.AVATARTEX_AP_preferences, *operators.CLASSES,
    *panels.CLASSES, *panel_registration.CLASSES,
)


@bpy.app.handlers.persistent
def forget_job(*_arguments) -> None:
    """A file carries the state of the job that ran while it was saved: that job is not ours."""
    for manager in bpy.data.window_managers:
        manager.avatartex_job.reset()
        manager.avatartex_registration.object_name = ""
        manager.avatartex_setup.running = False


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    properties.attach()
    pin_properties.attach()
    thumbnails.register()
    session.register()
    cli.register()
    bpy.app.handlers.load_post.append(forget_job)


def unregister() -> None:
    setup_backend.stop()
    edit_pins.stop()
    bpy.app.handlers.load_post.remove(forget_job)
    cli.unregister()
    session.unregister()
    thumbnails.unregister()
    pin_properties.detach()
    properties.detach()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
