"""Materials for exporters, which understand a Principled shader with pictures at its inputs and little else."""

from collections.abc import Mapping
from pathlib import Path

import bpy

from . import versions
from .apply import new_material
from .export_stage import Stage
from .graph import find_color_input


def plain_material(
    stage: Stage, name: str, uv_map: str, files: Mapping[str, Path], former: bpy.types.Material | None
) -> bpy.types.Material:
    """A material that shows pictures by their names in export_pictures.py.

    Args:
        former: the artist's, whose plain values count where there is no picture.
    """
    material = stage.keep(new_material(name))
    tree = material.node_tree
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    take_values(shader, former)
    coordinates = tree.nodes.new("ShaderNodeUVMap")
    coordinates.uv_map = uv_map
    out = {}
    for kind, path in files.items():
        if kind == "shade":
            continue  # no input of this shader
        node = tree.nodes.new("ShaderNodeTexImage")
        node.image = stage.keep(bpy.data.images.load(str(path), check_existing=False))
        node.image.name = path.stem
        if kind != "base":
            versions.set_space(node.image, versions.DATA)
        tree.links.new(coordinates.outputs["UV"], node.inputs["Vector"])
        out[kind] = node.outputs["Color"]
    tree.links.new(out["base"], shader.inputs["Base Color"])
    if "normal" in out:
        bent = tree.nodes.new("ShaderNodeNormalMap")
        bent.uv_map = uv_map
        tree.links.new(out["normal"], bent.inputs["Color"])
        tree.links.new(bent.outputs["Normal"], shader.inputs["Normal"])
    if "roughness" in out:
        tree.links.new(out["roughness"], shader.inputs["Roughness"])
    if "orm" in out:
        parts = tree.nodes.new("ShaderNodeSeparateColor")
        tree.links.new(out["orm"], parts.inputs[0])
        occlusion = tree.nodes.new("ShaderNodeGroup")
        occlusion.node_tree = stage.keep(occlusion_group())
        for socket, channel in zip((occlusion.inputs[0], shader.inputs["Roughness"], shader.inputs["Metallic"]), "RGB"):
            tree.links.new(parts.outputs[("Red", "Green", "Blue")["RGB".index(channel)]], socket)
    return material


def take_values(shader: bpy.types.Node, former: bpy.types.Material | None) -> None:
    """Roughness, Alpha and the like of the artist's shader, as far as they are plain."""
    color = find_color_input(former) if former is not None and versions.has_nodes(former) else None
    if color is None or color.socket.node.type != "BSDF_PRINCIPLED":
        return
    for theirs in color.socket.node.inputs:
        own = shader.inputs.get(theirs.name)
        if own is not None and not theirs.is_linked and hasattr(own, "default_value"):
            own.default_value = theirs.default_value


def occlusion_group() -> bpy.types.NodeTree:
    # Blender's exporter takes the occlusion from a group whose name begins so, and which renders nothing
    group = bpy.data.node_groups.new("glTF Material Output", "ShaderNodeTree")
    group.interface.new_socket("Occlusion", in_out="INPUT", socket_type="NodeSocketFloat").default_value = 1.0
    return group
