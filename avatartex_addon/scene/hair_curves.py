"""Blender's hair curves on a head: the strands that its hair is painted with, each in its own colour.

They are rooted on the head by its UV map, so Blender's hair tools and nodes know where, and they follow what moves the
head. Of the head itself only its rest position becomes an attribute, which Blender's own hair needs.
"""

from pathlib import Path

import bpy
import numpy as np

from ..backend.errors import ErrorCode
from . import versions
from .arrays import evaluated_mesh, read_each

#: Names of the attribute, of the node group that lets curves follow, and of the objects beside the head's.
COLOUR, FOLLOW = "AvatarTex Colour", "AvatarTex Follow Head"


def add_curves(head: bpy.types.Object, uv_map: str, path: Path) -> list[bpy.types.Object]:
    """The curves of a job, hair and facial hair as an object each, children of the head in its collections.

    Args:
        path: the file that the backend wrote (compose/hair_curves.py).

    Raises:
        AvatarTexError: BAD_REQUEST, there are none, or the head has other vertices by now.
    """
    with np.load(path) as file:
        curves = dict(file)
    if not len(curves["color"]):
        raise ErrorCode.BAD_REQUEST(
            "The portrait shows too little hair to know its strands, or it is a drawing.",
            "Choose a portrait that shows more of the hair.",
        )
    points = place_points(head, curves)
    radius = float(curves["radius"]) / scale_of(head)
    material, made = hair_material(head), []
    for facial, name in ((False, "Hair"), (True, "Facial Hair")):
        own = curves["facial"] == facial
        if own.any():
            parts = {part: curves[part][own] for part in ("uv", "color")}
            made.append(new_object(head, f"{head.name} {name}", uv_map, points[own], parts, radius, material))
    return made


def place_points(head: bpy.types.Object, curves: dict[str, np.ndarray]) -> np.ndarray:
    """(n,k,3) float32 points of the curves on the head at rest, in its own space.

    Raises:
        AvatarTexError: BAD_REQUEST, see add_curves().
    """
    before, head.add_rest_position_attribute = head.add_rest_position_attribute, True
    bpy.context.view_layer.update()
    with evaluated_mesh(head) as mesh:
        rest = mesh.attributes.get("rest_position")
        places = (
            read_each(rest.data, "vector", np.float32, 3) if rest else read_each(mesh.vertices, "co", np.float32, 3)
        )
    corners = curves["corners"]
    if corners.max() >= len(places):
        head.add_rest_position_attribute = before
        raise ErrorCode.BAD_REQUEST(f"'{head.name}' has other vertices by now.", "Make the hair curves again.")
    a, b, c = (places[corners[:, k]] for k in range(3))
    faces, normals = np.cross(b - a, c - a), np.zeros_like(places)
    for k in range(3):
        np.add.at(normals, corners[:, k], faces)
    outside = np.sign(np.linalg.det(np.array(head.matrix_world)[:3, :3]))  # the capture turns a mirrored head's faces
    chosen, weights = corners[curves["triangle"]], curves["weights"][..., None]
    on_surface, upwards = ((each[chosen] * weights).sum(-2) for each in (places, normals * outside))
    upwards /= np.maximum(np.linalg.norm(upwards, axis=-1, keepdims=True), 1e-12)
    return (on_surface + upwards * (curves["height"] / scale_of(head))[..., None]).astype(np.float32)


def scale_of(head: bpy.types.Object) -> float:
    """Units of the scene in one of the head's own."""
    return float(np.mean(np.abs(head.matrix_world.to_scale()))) or 1.0


def new_object(
    head: bpy.types.Object,
    name: str,
    uv_map: str,
    points: np.ndarray,
    parts: dict[str, np.ndarray],
    radius: float,
    material: bpy.types.Material,
) -> bpy.types.Object:
    """Curves through (n,k,3) points on the head.

    Args:
        parts: (n,2) uv of the roots and (n,3) color, sRGB. radius: of a hair.
    """
    data = bpy.data.hair_curves.new(name)
    count, length = points.shape[:2]
    data.add_curves([length] * count)
    data.position_data.foreach_set("vector", points.ravel())
    data.surface, data.surface_uv_map = head, uv_map
    data.materials.append(material)
    along = np.linspace(0, 1, length)
    taper = np.minimum(1, 4 * np.sqrt(along * (1 - along)))  # as they are painted
    linear = np.where(parts["color"] <= 0.04045, parts["color"] / 12.92, ((parts["color"] + 0.055) / 1.055) ** 2.4)
    for title, kind, domain, values, what in (
        ("surface_uv_coordinate", "FLOAT2", "CURVE", parts["uv"], "vector"),
        (COLOUR, "FLOAT_COLOR", "CURVE", np.column_stack([linear, np.ones(count)]), "color"),
        ("radius", "FLOAT", "POINT", np.tile(radius * taper, count), "value"),
    ):
        attribute = data.attributes.get(title) or data.attributes.new(title, kind, domain)
        attribute.data.foreach_set(what, values.astype(np.float32).ravel())
    thing = bpy.data.objects.new(name, data)
    thing.parent = head
    thing.modifiers.new(FOLLOW, "NODES").node_group = following()
    for collection in head.users_collection:
        collection.objects.link(thing)
    return thing


def following() -> bpy.types.NodeTree:
    """Blender's own node that moves curves with their surface, as a modifier's group."""
    if (known := bpy.data.node_groups.get(FOLLOW)) is not None:
        return known
    tree = bpy.data.node_groups.new(FOLLOW, "GeometryNodeTree")
    tree.is_modifier = True
    for way in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    begin, follow, end = (
        tree.nodes.new(kind) for kind in ("NodeGroupInput", "GeometryNodeDeformCurvesOnSurface", "NodeGroupOutput")
    )
    tree.links.new(begin.outputs[0], follow.inputs[0])
    tree.links.new(follow.outputs[0], end.inputs[0])
    for number, node in enumerate((begin, follow, end)):
        node.location = (220 * number, 0)
    return tree


def hair_material(head: bpy.types.Object) -> bpy.types.Material:
    """A material of its own, coloured by the curves' attribute; EEVEE shows no shader for hair."""
    material = bpy.data.materials.new(f"{head.name} Hair")
    versions.enable_nodes(material)
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader, colour = next(node for node in nodes if node.type == "BSDF_PRINCIPLED"), nodes.new("ShaderNodeAttribute")
    colour.attribute_type, colour.attribute_name = "GEOMETRY", COLOUR
    colour.location = (shader.location.x - 220, shader.location.y)
    links.new(colour.outputs["Color"], shader.inputs["Base Color"])
    return material
