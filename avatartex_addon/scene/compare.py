"""Before and after: show what the head had before AvatarTex, and come back, without forgetting either.

Nodes and materials are only relinked, so going there and back leaves the file as it was.
"""

from __future__ import annotations

import bpy

from . import expression_nodes, mix
from .graph import IMAGE_NODE
from .memory import changed_tree
from .worn import take_off


def is_compared(head: bpy.types.Object) -> bool:
    """Whether the head shows its former look for now."""
    return head.avatartex_compared.active


def show_before(head: bpy.types.Object) -> None:
    take_off(head)
    expression_nodes.unlink_maps(head)
    mix.take_out(head)
    head.avatartex_compared.active = True
    for previous in head.avatartex_previous:
        if previous.replaced:
            if previous.slot < len(head.material_slots):
                slot = head.material_slots[previous.slot]
                previous.aside_material, previous.aside_link = slot.material, slot.link
                put_material(slot, previous.material, previous.link)
            continue
        tree = changed_tree(previous)
        if tree is None:
            continue
        if previous.exchanged and (node := tree.nodes.get(previous.node)) is not None:
            previous.aside_image, node.image = node.image, previous.image
        if previous.inserted:
            relink(tree, previous, tree.nodes.get(previous.from_node), previous.from_socket)


def show_after(head: bpy.types.Object) -> None:
    if not head.avatartex_compared.active:
        return
    for previous in head.avatartex_previous:
        if previous.replaced:
            if previous.slot < len(head.material_slots):
                put_material(head.material_slots[previous.slot], previous.aside_material, previous.aside_link)
        elif (tree := changed_tree(previous)) is not None:
            if previous.exchanged and (node := tree.nodes.get(previous.node)) is not None:
                node.image = previous.aside_image
            if previous.inserted:
                relink(tree, previous, tree.nodes.get(IMAGE_NODE), "Color")
        for name in ("aside_material", "aside_link", "aside_image"):
            previous.property_unset(name)
    head.avatartex_compared.property_unset("active")
    mix.set_mix(head)
    expression_nodes.link_maps(head)


def put_material(slot: bpy.types.MaterialSlot, material: bpy.types.Material | None, link: str) -> None:
    if slot.link != link:
        slot.link = link
    if slot.material != material:
        slot.material = material


def relink(tree: bpy.types.NodeTree, previous, source: bpy.types.Node | None, socket: str) -> None:
    """Let the colour input take its colour from this node, or from its own value when there is none."""
    into = tree.nodes.get(previous.into_node)
    entry = next((s for s in into.inputs if s.identifier == previous.into_socket), None) if into is not None else None
    if entry is None:
        return
    for link in list(entry.links):
        tree.links.remove(link)
    out = next((s for s in source.outputs if s.identifier == socket), None) if source is not None else None
    if out is not None:
        tree.links.new(out, entry)
