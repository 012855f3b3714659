"""What a head remembers of its slots (`Object.avatartex_previous`), and the trees that were changed."""

import bpy

from .graph import find_socket, find_tree


def memory_of(head: bpy.types.Object, slot: int):
    """The slot's entry, new where there is none."""
    for entry in head.avatartex_previous:
        if entry.slot == slot:
            return entry
    entry = head.avatartex_previous.add()
    entry.slot = slot
    return entry


def is_changed(entry) -> bool:
    return entry.exchanged or entry.inserted or entry.replaced


def changed_tree(entry) -> bpy.types.NodeTree | None:
    """The tree that our image is in: the material's own or a group's; None where nothing was changed or it is gone."""
    if entry.textured is None or not (entry.exchanged or entry.inserted):
        return None
    return find_tree(entry.textured, read_path(entry))


def find_former(tree: bpy.types.NodeTree, entry) -> tuple[bpy.types.NodeSocket | None, bpy.types.NodeSocket | None]:
    """What fed the input that our texture was put before, and that input; None for what is gone or was not linked."""
    source, into = tree.nodes.get(entry.from_node), tree.nodes.get(entry.into_node)
    return (
        find_socket(source.outputs, entry.from_socket) if source is not None else None,
        find_socket(into.inputs, entry.into_socket) if into is not None else None,
    )


def read_path(entry) -> tuple[str, ...]:
    return tuple(entry.path.splitlines())
