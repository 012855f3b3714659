"""The way back: what was on the head before AvatarTex, from the memory on the object."""

from __future__ import annotations

import bpy

from . import mix
from .compare import show_after
from .graph import IMAGE_NODE, UV_NODE
from .worn import is_worn, put_material_back, take_off


def can_restore(head: bpy.types.Object | None) -> bool:
    if head is None:
        return False
    previous = head.avatartex_previous
    return previous.exchanged or previous.inserted or previous.replaced or is_worn(head)


def restore_texture(head: bpy.types.Object) -> None:
    """Put the artist's own texture, links and material back, and forget.

    What is gone meanwhile (a node that the artist deleted) is passed over.
    """
    show_after(head)
    take_off(head)
    mix.take_out(head)
    head.avatartex_mix.property_unset("factor")
    previous = head.avatartex_previous
    if previous.replaced:
        put_material_back(head, previous)
    elif previous.textured is not None:
        tree = previous.textured.node_tree
        if previous.exchanged and (node := tree.nodes.get(previous.node)) is not None:
            node.image = previous.image
        if previous.inserted:
            take_out_texture(tree, previous)
    for name in previous.bl_rna.properties.keys():
        if name not in {"rna_type", "name"}:
            previous.property_unset(name)


def take_out_texture(tree: bpy.types.ShaderNodeTree, previous) -> None:
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
