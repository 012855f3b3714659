"""Files from before a head had its own portrait and options, which were the scene's; and from before hair and shell
were one choice."""

import bpy

from ..backend.options import SHELL, SHELLS
from . import versions

#: What a result remembers and a head is set to, so that another texture of it is made alike.
OF_RESULTS = ("portrait", "uv_map")


def give_to_heads(scene: bpy.types.Scene) -> None:
    """The scene's old values to its chosen head, and to those with results what their last one was made with."""
    old = versions.stored_values(scene).get("avatartex")
    names = [name for name in old.keys() if name != "head"] if old is not None else []
    if not names:
        return
    chosen = scene.avatartex.head or next((layer.objects.active for layer in scene.view_layers), None)
    for head in scene.objects:
        if head.type != "MESH" or not head.is_editable or head.avatartex.portrait:
            continue
        if head == chosen or head.avatartex_history:
            own = versions.stored_values(head)["avatartex"]  # raw: menus are numbers in it
            for name in names:
                if head == chosen or name not in OF_RESULTS:
                    own[name] = old[name]
        if head != chosen and head.avatartex_history:
            last = head.avatartex_history[-1]
            for name in OF_RESULTS:
                setattr(head.avatartex, name, getattr(last, name))
    for name in names:
        del old[name]


def join_shell(head: bpy.types.Object) -> None:
    """What a head and its results had as an option of its own becomes a choice of hair."""
    stored = versions.stored_values(head)
    settings, results = stored.get("avatartex"), stored.get("avatartex_history") or ()
    if settings is not None and SHELL.name in settings:
        number = settings[SHELL.name]  # raw: menus are numbers
        del settings[SHELL.name]
        if 0 <= number < len(SHELL.values):
            head.avatartex.hair = SHELLS.get(SHELL.values[number], head.avatartex.hair)
    for result, old in zip(head.avatartex_history, results, strict=False):
        if SHELL.name in old:
            result.hair = SHELLS.get(old[SHELL.name], result.hair)
            del old[SHELL.name]


@bpy.app.handlers.persistent
def take_over(*_arguments) -> None:
    for scene in bpy.data.scenes:
        if scene.library is None:
            give_to_heads(scene)
    for head in bpy.data.objects:
        if head.type == "MESH" and head.is_editable:
            join_shell(head)


HANDLERS = (("load_post", take_over),)
