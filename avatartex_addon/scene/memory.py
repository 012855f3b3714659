"""What a head remembers of its slots (`Object.avatartex_previous`), and the trees that were changed."""

from __future__ import annotations

import bpy

from .graph import find_tree


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


def read_path(entry) -> tuple[str, ...]:
    return tuple(entry.path.splitlines())
