"""Finding one's way in a material's nodes: where the surface takes its colour from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import bpy

#: Names of the nodes that AvatarTex puts in, by which they are found again.
IMAGE_NODE, UV_NODE = "AvatarTex Texture", "AvatarTex UV Map"

#: Sockets that carry a surface's own colour, by shader; the first that is found upstream of the output counts.
COLOR_SOCKETS = {
    "BSDF_PRINCIPLED": "Base Color", "BSDF_DIFFUSE": "Color", "EMISSION": "Color", "BSDF_TOON": "Color",
    "SUBSURFACE_SCATTERING": "Color", "EEVEE_SPECULAR": "Base Color",
}


@dataclass(frozen=True)
class ColorSource:
    """The image node that colours the surface, and the socket that its colour goes into on the way there."""

    node: bpy.types.ShaderNodeTexImage
    into: bpy.types.NodeSocket


def find_color_socket(material: bpy.types.Material) -> bpy.types.NodeSocket | None:
    """The input that holds the surface's colour; a Principled anywhere upstream of the output goes first."""
    tree = material.node_tree
    output = tree.get_output_node("ALL") or tree.get_output_node("EEVEE") or tree.get_output_node("CYCLES")
    if output is None:
        return None
    shaders = [node for node, _ in walk_up(output.inputs["Surface"]) if node.type in COLOR_SOCKETS]
    shaders.sort(key=lambda node: node.type != "BSDF_PRINCIPLED")
    return shaders[0].inputs[COLOR_SOCKETS[shaders[0].type]] if shaders else None


def find_color_source(socket: bpy.types.NodeSocket) -> ColorSource | None:
    """The nearest image upstream of a colour input, through Mix, Hue, Gamma and whatever else bends colours."""
    for node, into in walk_up(socket, kinds={"RGBA"}):
        if node.type == "TEX_IMAGE":
            return ColorSource(node, into)
    return None


def walk_up(socket: bpy.types.NodeSocket, kinds: set[str] | None = None) -> Iterator[tuple]:
    """Every (node, the socket that it feeds) upstream, nearest first, through inputs of these kinds only."""
    waiting, seen = [socket], set()
    while waiting:
        into = waiting.pop(0)
        for link in into.links:
            node = link.from_node
            if node.name in seen or link.is_muted:
                continue
            seen.add(node.name)
            yield node, into
            waiting += [entry for entry in node.inputs if entry.is_linked and (not kinds or follows(entry, kinds))]


def follows(socket: bpy.types.NodeSocket, kinds: set[str]) -> bool:
    return socket.type in kinds or socket.node.type == "REROUTE"


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
