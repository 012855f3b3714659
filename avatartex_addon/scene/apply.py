"""Texture -> material: the least change that shows it, and the way back.

The artist's node graph stays. Where an image colours the surface through the same UV map, only its image is
exchanged; else an image node is put in front of the colour input. Whatever was there is remembered on the object
(`Object.avatartex_previous`, kept in the .blend file), and `restore` puts it back exactly. A material that others use
too is copied for this object, so that no other object changes.
"""

from __future__ import annotations

import bpy

from . import mix, versions
from .compare import show_after
from .graph import IMAGE_NODE, UV_NODE, find_color_socket, find_color_source, reads_uv_map
from .worn import take_off


def apply_texture(
    head: bpy.types.Object, slot: int, uv_map: str, image: bpy.types.Image, sharing: str = "object",
) -> list[str]:
    """Show the image on the head's slot.

    Args:
        sharing: who may change with the head, see core/job.py.

    Returns:
        notes for the artist about what had to be done.
    """
    show_after(head)
    take_off(head)
    mix.take_out(head)
    notes: list[str] = []
    material = own_material(head, slot, sharing, notes)
    socket = find_color_socket(material)
    if socket is None:
        socket = add_surface(material)
    ours = material.node_tree.nodes.get(IMAGE_NODE)
    if ours is not None and ours.type == "TEX_IMAGE" and feeds(ours, socket):
        ours.image = image
        material.node_tree.nodes[UV_NODE].uv_map = uv_map
        mix.set_mix(head)
        return notes
    source = find_color_source(socket)
    if source is not None and can_exchange(source.node, head.data, uv_map):
        remember_image(head.avatartex_previous, material, source.node)
        source.node.image = image
    else:
        insert_texture(head.avatartex_previous, material, source.into if source else socket, uv_map, image)
    mix.set_mix(head)
    return notes


def own_material(head: bpy.types.Object, index: int, sharing: str, notes: list[str]) -> bpy.types.Material:
    """The material of the slot, with nodes, used by nobody who is not to change."""
    previous = head.avatartex_previous
    if not head.material_slots:
        head.data.materials.append(None)
        previous.slot_added = True
    slot = head.material_slots[index]
    material = slot.material
    if material is None:
        replace(head, index, new_material(f"{head.name} Skin"), sharing)
        return head.material_slots[index].material
    own_memory = (previous.material == material) + (previous.textured == material)  # pointers count as users
    shared = sharing != "material" and material.users - material.use_fake_user > 1 + own_memory
    shared_mesh = keeps_to_itself(head, sharing) and slot.link == "DATA"
    if not (shared or shared_mesh or material.library is not None or not versions.has_nodes(material)):
        return material
    if shared or shared_mesh:
        notes.append(f"Other objects use '{material.name}' too: '{head.name}' got a copy of its own.")
    copy = material.copy()
    versions.enable_nodes(copy)
    replace(head, index, copy, sharing)
    return copy


def keeps_to_itself(head: bpy.types.Object, sharing: str) -> bool:
    """Whether the mesh's own slots must stay: other objects show them, or they are in another file."""
    mesh = head.data
    return mesh.library is not None or (sharing == "object" and mesh.users - mesh.use_fake_user > 1)


def replace(head: bpy.types.Object, index: int, material: bpy.types.Material, sharing: str) -> None:
    """Put another material into the slot and remember the one that was there."""
    previous, slot = head.avatartex_previous, head.material_slots[index]
    if not previous.replaced:
        previous.replaced, previous.slot = True, index
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


def add_surface(material: bpy.types.Material) -> bpy.types.NodeSocket:
    """A Principled for a material whose output shows nothing that has a colour; its colour input."""
    tree = material.node_tree
    output = tree.get_output_node("ALL")
    if output is None:
        output = tree.nodes.new("ShaderNodeOutputMaterial")
    shader = tree.nodes.new("ShaderNodeBsdfPrincipled")
    shader.location = (output.location.x - 300, output.location.y)
    if not output.inputs["Surface"].is_linked:
        tree.links.new(shader.outputs["BSDF"], output.inputs["Surface"])
    return shader.inputs["Base Color"]


def feeds(node: bpy.types.Node, socket: bpy.types.NodeSocket) -> bool:
    source = find_color_source(socket)
    return source is not None and source.node.name == node.name


def can_exchange(node: bpy.types.ShaderNodeTexImage, mesh: bpy.types.Mesh, uv_map: str) -> bool:
    """Whether another image may take the node's place: same UV map, and no transparency that would be lost."""
    return reads_uv_map(node, mesh) == uv_map and not node.outputs["Alpha"].is_linked


def remember_image(previous, material: bpy.types.Material, node: bpy.types.ShaderNodeTexImage) -> None:
    """Before an image is exchanged; a second texture keeps the memory of the artist's own."""
    if previous.exchanged and previous.node == node.name:
        return
    previous.exchanged, previous.node, previous.image, previous.textured = True, node.name, node.image, material
    if node.image is not None:
        node.image.use_fake_user = True


def insert_texture(
    previous, material: bpy.types.Material, socket: bpy.types.NodeSocket, uv_map: str, image: bpy.types.Image,
) -> None:
    """An image node and a UV Map node in front of a colour input; what was linked there is remembered."""
    tree = material.node_tree
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
