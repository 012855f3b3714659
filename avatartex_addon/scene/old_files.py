"""Files from before a head had its own portrait and options, which were the scene's."""

import bpy

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


@bpy.app.handlers.persistent
def take_over(*_arguments) -> None:
    for scene in bpy.data.scenes:
        if scene.library is None:
            give_to_heads(scene)


HANDLERS = (("load_post", take_over),)
