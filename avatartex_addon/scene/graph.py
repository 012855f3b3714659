"""A material's nodes: where the surface takes its colour from, through groups, mixes, reroutes."""

from collections.abc import Iterator
from dataclasses import dataclass

import bpy

from ..backend.errors import AvatarTexError, ErrorCode
from . import versions

#: Names of the nodes that AvatarTex puts in, by which they are found again.
IMAGE_NODE, UV_NODE = "AvatarTex Texture", "AvatarTex UV Map"

#: Sockets that carry a surface's own colour, by shader.
COLOR_SOCKETS = {
    "BSDF_PRINCIPLED": "Base Color",
    "BSDF_DIFFUSE": "Color",
    "EMISSION": "Color",
    "BSDF_TOON": "Color",
    "SUBSURFACE_SCATTERING": "Color",
    "EEVEE_SPECULAR": "Base Color",
    "BSDF_SHEEN": "Color",
    "BSDF_TRANSLUCENT": "Color",
}
#: Nodes with a factor and two inputs of a kind.
MIXES = {"MIX": "RGBA", "MIX_RGB": "RGBA", "MIX_SHADER": "SHADER"}

#: Names of the group nodes that lead into a tree, from the material's own tree on.
TreePath = tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """One node upstream. `into` is the input that it feeds, in the same tree; `out` its own output."""

    path: TreePath
    node: bpy.types.Node
    out: bpy.types.NodeSocket
    into: bpy.types.NodeSocket


@dataclass(frozen=True)
class ColorInput:
    """The input that holds the surface's colour, and the way to its tree."""

    path: TreePath
    socket: bpy.types.NodeSocket


def find_color_input(material: bpy.types.Material) -> ColorInput | None:
    """The input that holds the surface's colour: of a Principled before other shaders, of the nearest one then.

    Only what reaches the active output counts. A colour that is linked to the output itself, which Blender shows as
    light, is its own input. Where a group takes the colour from outside, the input outside is meant.
    """
    surface = find_surface(material)
    if surface is None:
        return None
    found = []
    for step in walk_up(material, (), surface, {"SHADER"}):
        if step.node.type in COLOR_SOCKETS and not step.node.mute:
            found.append(
                (step.node.type != "BSDF_PRINCIPLED", step.path, step.node.inputs[COLOR_SOCKETS[step.node.type]])
            )
        elif step.out.type == "RGBA":
            found.append((True, step.path, step.into))
    if not found:
        return None
    _, path, socket = min(found, key=lambda entry: entry[0])
    return ColorInput(*go_out(material, path, socket))


def find_surface(material: bpy.types.Material) -> bpy.types.NodeSocket | None:
    """The Surface input of the output that the scene's engine shows; None without an output."""
    tree = material.node_tree
    engine = "CYCLES" if bpy.context.scene.render.engine == "CYCLES" else "EEVEE"
    output = tree.get_output_node(engine) or tree.get_output_node("ALL")
    return output.inputs["Surface"] if output is not None else None


def find_color_source(material: bpy.types.Material, color: ColorInput) -> Step | None:
    """The nearest image upstream of a colour input, through Mix, Hue, Gamma and whatever else bends colours."""
    for step in walk_up(material, color.path, color.socket, {"RGBA"}):
        if step.node.type == "TEX_IMAGE" and not step.node.mute:
            return step
    return None


def shows_image(material: bpy.types.Material, image: bpy.types.Image) -> bool:
    """Whether the surface's colour reads this image."""
    color = find_color_input(material)
    return color is not None and any(
        step.node.type == "TEX_IMAGE" and step.node.image == image
        for step in walk_up(material, color.path, color.socket, {"RGBA"})
    )


def find_tree(material: bpy.types.Material, path: TreePath) -> bpy.types.NodeTree | None:
    """The tree at the end of the way; None where a group on it is gone."""
    tree = material.node_tree
    for name in path:
        node = tree.nodes.get(name) if tree is not None else None
        tree = getattr(node, "node_tree", None)
    return tree


def walk_up(
    material: bpy.types.Material, path: TreePath, socket: bpy.types.NodeSocket, kinds: set[str]
) -> Iterator[Step]:
    """Every node that reaches an input, nearest first, through inputs of these kinds only.

    Into groups and out of them again; muted links, and what a mix leaves out wholly, do not reach it.
    """
    waiting, seen = [(path, socket)], set()
    while waiting:
        path, into = waiting.pop(0)
        for link in into.links:
            node, out = link.from_node, link.from_socket
            key = (path, node.name, out.identifier)
            if key in seen or link.is_muted:
                continue
            seen.add(key)
            if node.type == "GROUP_INPUT":
                outside = find_outside(material, path, out.identifier)
                waiting += [(path[:-1], outside)] if outside is not None else []
            elif node.type == "GROUP" and node.node_tree is not None and not node.mute:
                inside = find_inside(node, out.identifier)
                waiting += [((*path, node.name), inside)] if inside is not None else []
            else:
                yield Step(path, node, out, into)
                waiting += [(path, entry) for entry in heard_inputs(node, out) if follows(entry, kinds)]


def find_outside(material: bpy.types.Material, path: TreePath, identifier: str) -> bpy.types.NodeSocket | None:
    """The group node's input that comes out of the group's own Group Input."""
    tree = find_tree(material, path[:-1]) if path else None
    node = tree.nodes.get(path[-1]) if tree is not None else None
    return find_socket(node.inputs, identifier) if node is not None else None


def find_inside(node: bpy.types.Node, identifier: str) -> bpy.types.NodeSocket | None:
    """The input of the group's own Group Output that comes out of the group node."""
    ends = [end for end in node.node_tree.nodes if end.type == "GROUP_OUTPUT"]
    end = next((end for end in ends if end.is_active_output), ends[0] if ends else None)
    return find_socket(end.inputs, identifier) if end is not None else None


def find_socket(sockets, identifier: str) -> bpy.types.NodeSocket | None:
    return next((socket for socket in sockets if socket.identifier == identifier), None)


def go_out(
    material: bpy.types.Material, path: TreePath, socket: bpy.types.NodeSocket
) -> tuple[TreePath, bpy.types.NodeSocket]:
    """Out of the groups through which an input is only handed: the one outside is the artist's."""
    looked = socket
    while path and looked.is_linked:
        link = looked.links[0]
        if link.from_node.type == "REROUTE":
            looked = link.from_node.inputs[0]
            continue
        outside = None
        if link.from_node.type == "GROUP_INPUT":
            outside = find_outside(material, path, link.from_socket.identifier)
        if outside is None:
            break
        path, looked = path[:-1], outside
        socket = outside
    return path, socket


def heard_inputs(node: bpy.types.Node, out: bpy.types.NodeSocket) -> list[bpy.types.NodeSocket]:
    """The inputs that reach an output."""
    if node.mute:
        return [link.from_socket for link in node.internal_links if link.to_socket == out]
    inputs = [entry for entry in node.inputs if entry.enabled]
    factor = inputs[0] if inputs else None
    if node.type in MIXES and not factor.is_linked:
        first, second = [entry for entry in inputs if entry.type == MIXES[node.type]][:2]
        plain = getattr(node, "blend_type", "MIX") == "MIX"
        share = factor.default_value if isinstance(factor.default_value, float) else 0.5
        if share <= 0.0 or (share >= 1.0 and plain):
            return [first if share <= 0.0 else second]
    return inputs


def follows(socket: bpy.types.NodeSocket, kinds: set[str]) -> bool:
    return socket.is_linked and (socket.type in kinds or socket.node.type == "REROUTE")


def find_colorless(head: bpy.types.Object, slots: tuple[int, ...]) -> AvatarTexError | None:
    """Why a texture would be invisible on these slots; None where it would not, also where there is no surface yet."""
    for slot in slots:
        material = head.material_slots[slot].material if slot < len(head.material_slots) else None
        if material is None or not versions.has_nodes(material):
            continue
        surface = find_surface(material)
        if surface is None or not surface.is_linked or find_color_input(material) is not None:
            continue
        node = surface.links[0].from_node
        return ErrorCode.NO_COLOR(
            f"The material '{material.name}' shows '{node.label or node.name}', where no colour "
            "for a texture is found.",
            "Give the head another material, or link a Principled BSDF to its output.",
        )
    return None


def reads_uv_map(node: bpy.types.ShaderNodeTexImage, mesh: bpy.types.Mesh) -> str | None:
    """Which UV map an image node looks its texels up in; None when something else bends the coordinates."""
    shown = next((layer.name for layer in mesh.uv_layers if layer.active_render), "")
    vector = node.inputs["Vector"]
    if not vector.is_linked:
        return shown
    link = vector.links[0]
    if link.from_node.type == "UVMAP":
        return link.from_node.uv_map or shown
    if link.from_node.type == "TEX_COORD" and link.from_socket.name == "UV":
        return shown
    return None


def add_math(tree: bpy.types.NodeTree, operation: str, *values) -> bpy.types.NodeSocket:
    """A Math node's result; values are numbers or sockets."""
    node = tree.nodes.new("ShaderNodeMath")
    node.operation = operation
    for socket, value in zip(node.inputs, values, strict=False):
        if isinstance(value, float):
            socket.default_value = value
        else:
            tree.links.new(value, socket)
    return node.outputs["Value"]
