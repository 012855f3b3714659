"""AvatarTex: textures any head from one portrait.

Blender's side: it captures the head, asks the backend (a process of its own) and applies what comes back.
"""

from types import ModuleType

import bpy

from . import cli, jobs, operators, properties, scene, session, setup, translations, ui

#: What is registered in Blender, in this order and backwards: the classes that a part defines, and where it has them
#: ATTACHED (type, name, property), HANDLERS (list of bpy.app.handlers, function), and register and unregister.
PARTS = (
    *properties.PARTS,
    *operators.PARTS,
    *ui.PARTS,
    *scene.PARTS,
    session,
    *setup.PARTS,
    translations,
    *cli.PARTS,
    *jobs.PARTS,
)


def find_classes(part: ModuleType) -> list[type]:
    """Those of Blender's kinds that a module defines, in its order; what is only mixed in is of none."""
    classes = (thing for thing in vars(part).values() if isinstance(thing, type) and thing.__module__ == part.__name__)
    return [cls for cls in classes if issubclass(cls, bpy.types.bpy_struct)]


CLASSES = tuple(cls for part in PARTS for cls in find_classes(part))


def register() -> None:
    for part in PARTS:
        for cls in find_classes(part):
            bpy.utils.register_class(cls)
        for owner, name, value in getattr(part, "ATTACHED", ()):
            setattr(owner, name, value)
        for name, function in getattr(part, "HANDLERS", ()):
            getattr(bpy.app.handlers, name).append(function)
        if hasattr(part, "register"):
            part.register()


def unregister() -> None:
    for part in reversed(PARTS):
        if hasattr(part, "unregister"):
            part.unregister()
        for name, function in getattr(part, "HANDLERS", ()):
            getattr(bpy.app.handlers, name).remove(function)
        for owner, name, _ in reversed(getattr(part, "ATTACHED", ())):
            delattr(owner, name)
        for cls in reversed(find_classes(part)):
            bpy.utils.unregister_class(cls)
