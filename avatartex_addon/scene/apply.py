"""Texture -> materials: the least change that shows it, and the way back.

The artist's node graph stays. Where an image colours the surface through the same UV map, only its image is
exchanged; else an image node is put in front of the colour input. Whatever was there is remembered on the object, slot
by slot (`Object.avatartex_previous`, kept in the .blend file), and `restore` puts it back exactly. A material or a node
group that others use too is copied for this object, so that no other object changes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import bpy

from ..backend.errors import ErrorCode
from . import expression_nodes, mix, surface_maps, versions
from .graph import (
    IMAGE_NODE,
    UV_NODE,
    TreePath,
    find_color_input,
    find_color_source,
    find_colorless,
    reads_uv_map,
    shows_image,
)
from .memory import hide_variant, memory_of, part_from_copies
from .restore import show_after


def apply_texture(
    head: bpy.types.Object, slots: Iterable[int], uv_map: str, image: bpy.types.Image, sharing: str = "object"
) -> list[str]:
    """Show the image on the head's slots.

    Args:
        slots: those that the head has not are passed over, the first is made where it has none.
        sharing: who may change with the head, see core/job.py.

    Returns:
        notes for the artist about what had to be done.

    Raises:
        AvatarTexError: NO_COLOR, a material's output shows nothing that takes a colour; nothing is changed.
    """
    show_after(head)
    hide_variant(head)
    part_from_copies(head, sharing)
    expression_nodes.unlink_maps(head)
    mix.take_out(head)
    surface_maps.remove_maps(head)
    slots = tuple(slot for slot in slots if slot < len(head.material_slots)) or (0,)
    if problem := find_colorless(head, slots):
        raise problem
    notes: list[str] = []
    done: set[str] = set()
    for slot in slots:
        material = own_material(head, slot, slots, sharing, notes)
        if material.name not in done:
            entry = memory_of(head, slot)
            show_on(entry, material, head.data, uv_map, image)
            if entry.image is not None:
                entry.image.use_fake_user = True
            done.add(material.name)
        if not shows_image(material, image):
            raise ErrorCode.INTERNAL(
                f"The output of '{material.name}' does not show the texture.",
                "Give the head another material and choose the result in the panel Results.",
            )
    mix.set_mix(head)
    expression_nodes.link_maps(head)
    return notes


def show_on(entry, material: bpy.types.Material, mesh: bpy.types.Mesh, uv_map: str, image: bpy.types.Image) -> None:
    """Show the image on a material of the head's own.

    Args:
        entry: of the slot's memory, where what was there is remembered; or nothing but an object for it to be put on.
    """
    place = find_place(material, mesh, uv_map)
    if place is None:
        add_surface(material, entry)
        place = find_place(material, mesh, uv_map)
    if own_groups(material, place.path, entry):
        place = find_place(material, mesh, uv_map)  # its nodes are others now
    entry.path = "\n".join(place.path)
    nodes = place.socket.id_data.nodes
    if entry.inserted and place.node is not None and place.node.name == IMAGE_NODE and UV_NODE in nodes:
        place.node.image, nodes[UV_NODE].uv_map = image, uv_map
    elif place.exchanged:
        remember_image(entry, material, place.node)
        place.node.image = image
    else:
        insert_texture(entry, material, place.socket, uv_map, image)


@dataclass(frozen=True)
class Place:
    """Where the image goes: into a node that is there, or in front of an input."""

    path: TreePath
    node: bpy.types.ShaderNodeTexImage | None
    socket: bpy.types.NodeSocket
    exchanged: bool


def find_place(material: bpy.types.Material, mesh: bpy.types.Mesh, uv_map: str) -> Place | None:
    color = find_color_input(material)
    if color is None:
        return None
    source = find_color_source(material, color)
    if source is None:
        return Place(color.path, None, color.socket, False)
    # another image may take the node's place: same UV map, and no transparency that would be lost
    exchanged = reads_uv_map(source.node, mesh) == uv_map and not source.node.outputs["Alpha"].is_linked
    return Place(source.path, source.node, source.into, exchanged)


def own_groups(material: bpy.types.Material, path: TreePath, entry) -> bool:
    """Copy each node group on the way that others use too; whether one was."""
    copied, tree = False, material.node_tree
    for depth, name in enumerate(path):
        node = tree.nodes[name]
        group = node.node_tree
        if group.users - group.use_fake_user > 1 or group.library is not None:
            if entry.group is None and not copied:
                entry.group, entry.group_path = group, "\n".join(path[: depth + 1])
            node.node_tree = group.copy()
            copied = True
        tree = node.node_tree
    return copied


def own_material(
    head: bpy.types.Object, index: int, slots: tuple[int, ...], sharing: str, notes: list[str]
) -> bpy.types.Material:
    """The material of the slot, with nodes, used by nobody who is not to change."""
    if not head.material_slots:
        head.data.materials.append(None)
        memory_of(head, index).slot_added = True
    slot = head.material_slots[index]
    material = slot.material
    if material is None:
        replace(head, index, new_material(f"{head.name} Skin"), sharing)
        return head.material_slots[index].material
    memory = sum((entry.material == material) + (entry.textured == material) for entry in head.avatartex_previous)
    own = memory + sum(head.material_slots[other].material == material for other in slots)  # pointers count as users
    shared = sharing != "material" and material.users - material.use_fake_user > own
    shared_mesh = keeps_to_itself(head, sharing) and slot.link == "DATA"
    if not (shared or shared_mesh or material.library is not None or not versions.has_nodes(material)):
        return material
    if shared or shared_mesh:
        notes.append(f"Other objects use '{material.name}' too: '{head.name}' got a copy of its own.")
    copy = material.copy()
    versions.enable_nodes(copy)
    for other in slots:
        if head.material_slots[other].material == material:
            replace(head, other, copy, sharing)
    return copy


def keeps_to_itself(head: bpy.types.Object, sharing: str) -> bool:
    """Whether the mesh's own slots must stay: other objects show them, or they are in another file."""
    mesh = head.data
    return mesh.library is not None or (sharing == "object" and mesh.users - mesh.use_fake_user > 1)


def replace(head: bpy.types.Object, index: int, material: bpy.types.Material, sharing: str) -> None:
    """Put another material into the slot and remember the one that was there."""
    previous, slot = memory_of(head, index), head.material_slots[index]
    if not previous.replaced:
        previous.replaced = True
        previous.material, previous.link = slot.material, slot.link
        if slot.material is not None:
            slot.material.use_fake_user = True
    if keeps_to_itself(head, sharing):
        slot.link = "OBJECT"
    slot.material = material


def new_material(name: str) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    versions.enable_nodes(material)
    return material


def add_surface(material: bpy.types.Material, entry) -> None:
    """A Principled for a material whose output shows nothing; the names of the new nodes are remembered."""
    tree = material.node_tree
    output, added = tree.get_output_node("ALL"), []
    if output is None:
        output = tree.nodes.new("ShaderNodeOutputMaterial")
        added.append(output.name)
    shader = tree.nodes.new("ShaderNodeBsdfPrincipled")
    shader.location = (output.location.x - 300, output.location.y)
    tree.links.new(shader.outputs["BSDF"], output.inputs["Surface"])
    entry.added = "\n".join([*added, shader.name])


def remember_image(previous, material: bpy.types.Material, node: bpy.types.ShaderNodeTexImage) -> None:
    """Before an image is exchanged; a second texture keeps the memory of the artist's own."""
    if previous.exchanged and previous.node == node.name:
        return
    previous.exchanged, previous.node, previous.image, previous.textured = True, node.name, node.image, material


def insert_texture(
    previous, material: bpy.types.Material, socket: bpy.types.NodeSocket, uv_map: str, image: bpy.types.Image
) -> None:
    """An image node and a UV Map node in front of a colour input; what was linked there is remembered."""
    tree = socket.id_data
    previous.inserted, previous.textured = True, material
    previous.into_node, previous.into_socket = socket.node.name, socket.identifier
    if socket.is_linked:
        link = socket.links[0]
        previous.from_node, previous.from_socket = link.from_node.name, link.from_socket.identifier
    texture = tree.nodes.new("ShaderNodeTexImage")
    texture.name = texture.label = IMAGE_NODE
    texture.image = image
    texture.location = (socket.node.location.x - 320, socket.node.location.y)
    coordinates = tree.nodes.new("ShaderNodeUVMap")
    coordinates.name = coordinates.label = UV_NODE
    coordinates.uv_map = uv_map
    coordinates.location = (texture.location.x - 220, texture.location.y)
    tree.links.new(coordinates.outputs["UV"], texture.inputs["Vector"])
    tree.links.new(texture.outputs["Color"], socket)
