"""The way back: what was on the head before AvatarTex, from the memory on the object."""

from __future__ import annotations

import bpy

from . import expression_nodes, mix
from .compare import show_after
from .graph import IMAGE_NODE, UV_NODE, find_tree
from .memory import changed_tree, is_changed
from .worn import is_worn, put_material_back, take_off


def can_restore(head: bpy.types.Object | None) -> bool:
    return head is not None and (any(map(is_changed, head.avatartex_previous)) or is_worn(head))


def restore_texture(head: bpy.types.Object) -> None:
    """Put the artist's own texture, links and materials back, and forget. Copies that nobody uses then go.

    What is gone meanwhile (a node that the artist deleted) is passed over.
    """
    show_after(head)
    take_off(head)
    expression_nodes.drop_maps(head)
    mix.take_out(head)
    head.avatartex_mix.property_unset("factor")
    left: list[bpy.types.ID] = []
    for previous in head.avatartex_previous:
        if previous.replaced:
            if previous.slot < len(head.material_slots):
                left.append(head.material_slots[previous.slot].material)
            put_material_back(head, previous)
        elif previous.textured is not None:
            left += put_nodes_back(previous)
    head.avatartex_previous.clear()
    for thing in dict.fromkeys(thing for thing in left if thing is not None):  # an outer group before those in it
        if thing.users == 0 and thing.library is None:
            (bpy.data.materials if isinstance(thing, bpy.types.Material) else bpy.data.node_groups).remove(thing)


def put_nodes_back(previous) -> list[bpy.types.NodeTree]:
    """Image, links and groups of a material that was changed in place; the groups that were our copies."""
    if (tree := changed_tree(previous)) is not None:
        if previous.exchanged and (node := tree.nodes.get(previous.node)) is not None:
            node.image = previous.image
        if previous.inserted:
            take_out_texture(tree, previous)
    tree = previous.textured.node_tree
    for name in previous.added.splitlines():
        if (node := tree.nodes.get(name)) is not None:
            tree.nodes.remove(node)
    if previous.group is None:
        return []
    *way, last = previous.group_path.splitlines()
    tree = find_tree(previous.textured, tuple(way))
    node = tree.nodes.get(last) if tree is not None else None
    if node is None:
        return []
    copies = copied_groups(node.node_tree, previous.group)
    node.node_tree = previous.group
    return copies


def copied_groups(copy: bpy.types.NodeTree | None, original: bpy.types.NodeTree) -> list[bpy.types.NodeTree]:
    """A copied group and the copies in it, the outer ones first."""
    if copy is None or copy == original:
        return []
    found = [copy]
    for node in copy.nodes:
        twin = original.nodes.get(node.name)
        if node.type == "GROUP" and twin is not None and twin.type == "GROUP" and node.node_tree != twin.node_tree:
            found += copied_groups(node.node_tree, twin.node_tree)
    return found


def take_out_texture(tree: bpy.types.NodeTree, previous) -> None:
    for name in (IMAGE_NODE, UV_NODE):
        if (node := tree.nodes.get(name)) is not None:
            tree.nodes.remove(node)
    into, source = tree.nodes.get(previous.into_node), tree.nodes.get(previous.from_node)
    if into is None or source is None:
        return
    sockets_in = {socket.identifier: socket for socket in into.inputs}
    sockets_out = {socket.identifier: socket for socket in source.outputs}
    if previous.into_socket in sockets_in and previous.from_socket in sockets_out:
        tree.links.new(sockets_out[previous.from_socket], sockets_in[previous.into_socket])
