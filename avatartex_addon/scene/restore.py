"""What the head had before AvatarTex: shown for a moment and left again, or put back for good.

Everything comes from the memory on the object. Comparing only relinks nodes and materials, so going there and back
leaves the file as it was.
"""

from collections.abc import Iterable

import bpy

from . import expression_nodes, mix, surface_maps
from .graph import IMAGE_NODE, UV_NODE, find_tree
from .memory import (
    changed_tree,
    find_former,
    hide_variant,
    is_changed,
    part_from_copies,
    put_material_back,
    shows_variant,
)


def can_restore(head: bpy.types.Object | None) -> bool:
    return head is not None and (any(map(is_changed, head.avatartex_previous)) or shows_variant(head))


def restore_texture(head: bpy.types.Object) -> None:
    """Put the artist's own texture, links and materials back, and forget. Copies that nobody uses then go.

    What is gone meanwhile (a node that the artist deleted) is passed over.
    """
    show_after(head)
    hide_variant(head)
    part_from_copies(head)
    expression_nodes.drop_maps(head)
    mix.take_out(head)
    surface_maps.remove_maps(head)
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
    tree = show_former_nodes(previous)
    if tree is not None and previous.inserted:
        remove_nodes(tree, (IMAGE_NODE, UV_NODE))
    remove_nodes(previous.textured.node_tree, previous.added.splitlines())
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


def remove_nodes(tree: bpy.types.NodeTree, names: Iterable[str]) -> None:
    for name in names:
        if (node := tree.nodes.get(name)) is not None:
            tree.nodes.remove(node)


def is_compared(head: bpy.types.Object) -> bool:
    """Whether the head shows its former look for now."""
    return head.avatartex_compared.active


def show_before(head: bpy.types.Object) -> None:
    hide_variant(head)
    part_from_copies(head)
    expression_nodes.unlink_maps(head)
    mix.take_out(head)
    surface_maps.mute_maps(head, True)
    head.avatartex_compared.active = True
    for previous in head.avatartex_previous:
        if previous.replaced:
            if previous.slot < len(head.material_slots):
                slot = head.material_slots[previous.slot]
                previous.aside_material, previous.aside_link = slot.material, slot.link
                put_material(slot, previous.material, previous.link)
        else:
            show_former_nodes(previous)


def show_former_nodes(previous) -> bpy.types.NodeTree | None:
    """Image and links of a material that was changed in place, as they were; our own nodes stay in its tree."""
    tree = changed_tree(previous)
    if tree is None:
        return None
    if previous.exchanged and (node := tree.nodes.get(previous.node)) is not None:
        previous.aside_image, node.image = node.image, previous.image
    if previous.inserted:
        relink(tree, *find_former(tree, previous))
    return tree


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
                ours = tree.nodes.get(IMAGE_NODE)
                relink(tree, ours and ours.outputs["Color"], find_former(tree, previous)[1])
        for name in ("aside_material", "aside_link", "aside_image"):
            previous.property_unset(name)
    head.avatartex_compared.property_unset("active")
    mix.set_mix(head)
    expression_nodes.link_maps(head)
    surface_maps.mute_maps(head, False)


def put_material(slot: bpy.types.MaterialSlot, material: bpy.types.Material | None, link: str) -> None:
    if slot.link != link:
        slot.link = link
    if slot.material != material:
        slot.material = material


def relink(tree: bpy.types.NodeTree, out: bpy.types.NodeSocket | None, entry: bpy.types.NodeSocket | None) -> None:
    """Let the colour input take its colour from this output, or from its own value when there is none."""
    if entry is None:
        return
    for link in list(entry.links):
        tree.links.remove(link)
    if out is not None:
        tree.links.new(out, entry)
