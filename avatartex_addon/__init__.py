"""AvatarTex: texture a head from one portrait. Class lists, register, unregister; nothing else happens here."""

import bpy

from . import cli, panels, preferences, properties, session
from .operators import generate, portrait, restore, setup

CLASSES = (
    *properties.CLASSES,
    *preferences.CLASSES,
    *generate.CLASSES,
    *portrait.CLASSES,
    *restore.CLASSES,
    *setup.CLASSES,
    *panels.CLASSES,
)


def register():
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    properties.attach()
    panels.load_previews()
    session.watch()
    cli.register()


def unregister():
    cli.unregister()
    session.close()
    panels.free_previews()
    properties.detach()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
