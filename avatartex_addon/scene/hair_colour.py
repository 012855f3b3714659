"""The colour of the seen hair, given to the materials of hair objects."""

from __future__ import annotations

import bpy

from . import versions
from .graph import find_color_input
from .shell_object import SHELL_OF

#: Objects that hair is made of.
HAIR_KINDS = {"CURVES", "CURVE", "MESH"}
#: Of the node that colours what an image or another node gives.
TINT_NODE = "AvatarTex Hair"


def find_hair_objects(context: bpy.types.Context, head: bpy.types.Object | None) -> list[bpy.types.Object]:
    """What is selected beside the head; no shell of ours."""
    selected = (thing for thing in context.selected_objects if thing != head and SHELL_OF not in thing)
    return [thing for thing in selected if thing.type in HAIR_KINDS]


def colour_hair(thing: bpy.types.Object, colour: tuple[float, float, float]) -> None:
    """Give every material of a hair object the colour, sRGB; one that others use too is copied for it.

    Images and ramps stay: they keep their light and dark under the colour.
    """
    linear = (*(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour), 1.0)
    if not thing.material_slots:
        thing.data.materials.append(None)
    for slot in thing.material_slots:
        if slot.material is None:
            slot.material = bpy.data.materials.new(f"{thing.name} Hair")
        elif slot.material.users - slot.material.use_fake_user > 1 or slot.material.library is not None:
            slot.material = slot.material.copy()
        versions.enable_nodes(slot.material)
        tint(slot.material, linear)


def tint(material: bpy.types.Material, linear: tuple[float, ...]) -> None:
    """Colour the hair shaders of a material, else whatever its surface takes its colour from."""
    shaders = [node for node in material.node_tree.nodes if node.type == "BSDF_HAIR_PRINCIPLED"]
    for shader in shaders:
        shader.parametrization = "COLOR"
        tint_socket(shader.inputs["Color"], linear)
    if not shaders and (found := find_color_input(material)) is not None:
        tint_socket(found.socket, linear)


def tint_socket(socket: bpy.types.NodeSocket, linear: tuple[float, ...]) -> None:
    """The colour itself, or over what is linked there in its hue and saturation."""
    if not socket.is_linked:
        socket.default_value = linear
        return
    tree, source = socket.id_data, socket.links[0].from_socket
    node = source.node
    if node.name.partition(".")[0] != TINT_NODE:
        node = tree.nodes.new("ShaderNodeMix")
        node.name = node.label = TINT_NODE
        node.data_type, node.blend_type = "RGBA", "COLOR"
        node.location = (socket.node.location.x - 180, socket.node.location.y)
        factor, below, result = (
            by_identifier(*pair)
            for pair in ((node.inputs, "Factor_Float"), (node.inputs, "A_Color"), (node.outputs, "Result_Color"))
        )
        factor.default_value = 1.0
        tree.links.new(source, below)
        tree.links.new(result, socket)
    by_identifier(node.inputs, "B_Color").default_value = linear


def by_identifier(sockets, identifier: str) -> bpy.types.NodeSocket:
    return next(socket for socket in sockets if socket.identifier == identifier)
