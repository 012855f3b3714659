"""Displacement on request: the map of heights moves the surface, and the normal map, of the same relief, rests.

Only a mesh that is fine enough shows what moves; the rest of the relief is shaded as bumps, so nothing is lost.
"""

import bpy

from . import versions
from .graph import find_surface

#: Our node, and where on it is kept how the material displaced before.
DISPLACER, BEFORE = "AvatarTex Map Displace", "avatartex_before"
HEIGHTS, NORMALS = "AvatarTex Map displacement", "AvatarTex Map Tangents"


def is_displaced(head: bpy.types.Object) -> bool:
    return any(DISPLACER in tree.nodes for _, tree in trees_of(head))


def displace(head: bpy.types.Object) -> list[str]:
    """Move the surface of each material that has a map of heights; notes on what has nodes of its own."""
    notes = []
    for material, tree in trees_of(head):
        heights, surface = tree.nodes.get(HEIGHTS), find_surface(material)
        if heights is None or surface is None or DISPLACER in tree.nodes:
            continue
        output = surface.node
        if output.inputs["Displacement"].is_linked:
            notes.append(f"'Displacement' of '{material.name}' has nodes of its own, and keeps them.")
            continue
        node = tree.nodes.new("ShaderNodeDisplacement")
        node.name = node.label = DISPLACER
        node.location = (output.location.x - 200, output.location.y - 260)
        node.inputs["Midlevel"].default_value, node.inputs["Scale"].default_value = 0.0, 1.0
        node[BEFORE] = material.displacement_method
        tree.links.new(heights.outputs["Color"], node.inputs["Height"])
        tree.links.new(node.outputs["Displacement"], output.inputs["Displacement"])
        material.displacement_method = "BOTH"
    rest_normals(head)
    return notes


def lay_flat(head: bpy.types.Object) -> None:
    """The way back: materials displace as they did before."""
    for material, tree in trees_of(head):
        node = tree.nodes.get(DISPLACER)
        if node is not None:
            material.displacement_method = node.get(BEFORE, "BUMP")
            tree.nodes.remove(node)
            mute_normals(tree, False)


def rest_normals(head: bpy.types.Object) -> None:
    """Normal maps rest where heights displace."""
    for _, tree in trees_of(head):
        if DISPLACER in tree.nodes:
            mute_normals(tree, True)


def mute_normals(tree: bpy.types.NodeTree, muted: bool) -> None:
    node = tree.nodes.get(NORMALS)
    for link in node.outputs["Normal"].links if node is not None else ():
        link.is_muted = muted


def trees_of(head: bpy.types.Object) -> list[tuple[bpy.types.Material, bpy.types.NodeTree]]:
    """The head's materials with nodes, and those."""
    materials = dict.fromkeys(slot.material for slot in head.material_slots)
    return [(one, one.node_tree) for one in materials if one is not None and versions.has_nodes(one)]
