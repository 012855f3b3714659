"""Hair objects of the artist's get the portrait's hair colour, and highlights across its strands.

A hair mesh gets the head's UV map, each face that of the head below it, so the tangent map of the shell means on the
hair what it means on the head. Strands of hair curves are geometry, which no texture turns.
"""

import bpy
import numpy as np
from mathutils.bvhtree import BVHTree

from . import versions
from .arrays import read_each, read_loops, read_uvs
from .graph import find_color_input, find_socket
from .shell_object import SHELL_OF, STRANDS, shine_across

#: Of the node that colours what an image or another node gives.
TINT_NODE = "AvatarTex Hair"


def find_hair_objects(context: bpy.types.Context, head: bpy.types.Object | None) -> list[bpy.types.Object]:
    """What is selected beside the head; no shell of ours."""
    selected = (thing for thing in context.selected_objects if thing != head and SHELL_OF not in thing)
    return [thing for thing in selected if thing.type in {"CURVES", "CURVE", "MESH"}]


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
        find_socket(node.inputs, "Factor_Float").default_value = 1.0
        tree.links.new(source, find_socket(node.inputs, "A_Color"))
        tree.links.new(find_socket(node.outputs, "Result_Color"), socket)
    find_socket(node.inputs, "B_Color").default_value = linear


#: The UV map of hair.
HEAD_UV = "AvatarTex Head"


def lay_strands(thing: bpy.types.Object, head: bpy.types.Object, uv_map: str, lie: bpy.types.Image) -> bool:
    """Whether a hair object, whose materials are its own, now shines across the strands of a tangent map."""
    if thing.type != "MESH" or not thing.data.polygons or uv_map not in head.data.uv_layers:
        return False
    shaders = [
        node
        for slot in thing.material_slots
        for node in slot.material.node_tree.nodes
        if node.type == "BSDF_PRINCIPLED" and (own_strands(node) or not node.inputs["Tangent"].is_linked)
    ]
    if not shaders or not lay_uvs(thing, head, uv_map):
        return False
    for shader in shaders:
        if own := own_strands(shader):
            own.image = lie
            continue
        coordinates = shader.id_data.nodes.new("ShaderNodeUVMap")
        coordinates.uv_map = HEAD_UV
        coordinates.location = (shader.location.x - 740, shader.location.y - 320)
        shine_across(shader, coordinates, lie)
    return True


def own_strands(shader: bpy.types.ShaderNode) -> bpy.types.ShaderNode | None:
    """The tangent map's node of a shader whose tangent is by the map that we laid."""
    laid = any(getattr(link.from_node, "uv_map", "") == HEAD_UV for link in shader.inputs["Tangent"].links)
    nodes = (node for node in shader.id_data.nodes if laid and node.type == "TEX_IMAGE" and node.label == STRANDS)
    return next(nodes, None)


def lay_uvs(thing: bpy.types.Object, head: bpy.types.Object, uv_map: str) -> bool:
    """The map on the hair; False where a mesh has no room for one more."""
    mesh = thing.data
    active = mesh.uv_layers.active_index
    layer = mesh.uv_layers.get(HEAD_UV) or mesh.uv_layers.new(name=HEAD_UV, do_init=False)
    if layer is None:
        return False
    mesh.uv_layers.active_index = max(active, 0)
    there = np.array(head.matrix_world.inverted_safe() @ thing.matrix_world)
    places = read_each(mesh.vertices, "co", np.float32, 3) @ there[:3, :3].T + there[:3, 3]
    layer.uv.foreach_set("vector", uvs_below(mesh, places, head.data, uv_map).astype(np.float32).ravel())
    return True


def uvs_below(hair: bpy.types.Mesh, places: np.ndarray, head: bpy.types.Mesh, uv_map: str) -> np.ndarray:
    """(L,2) UVs of the hair's corners on the plane of the head's triangle nearest to their face's middle, which has no
    seam within a face.

    Args:
        places: (N,3) of the hair's vertices in the head's space.
    """
    loops, _ = read_loops(head)
    vertices = read_each(head.vertices, "co", np.float32, 3)
    corner = vertices[read_each(head.attributes[".corner_vert"].data, "value")[loops]].astype(np.float64)
    uvs = read_uvs(head, uv_map)[loops].astype(np.float64)
    tree = BVHTree.FromPolygons(corner.reshape(-1, 3).tolist(), np.arange(3 * len(loops)).reshape(-1, 3).tolist())
    points = places[read_each(hair.attributes[".corner_vert"].data, "value")]
    starts = read_each(hair.polygons, "loop_start")
    counts = np.diff(np.append(starts, len(points)))
    middles = np.add.reduceat(points, starts) / counts[:, None]
    nearest = np.repeat([tree.find_nearest(middle)[2] for middle in middles.tolist()], counts)
    first, second = (corner[nearest, k] - corner[nearest, 0] for k in (1, 2))
    away = points - corner[nearest, 0]
    a, b, c = (first**2).sum(1), (first * second).sum(1), (second**2).sum(1)
    d, e = (first * away).sum(1), (second * away).sum(1)
    area = np.maximum(a * c - b * b, 1e-30)
    u, v = ((c * d - b * e) / area)[:, None], ((a * e - b * d) / area)[:, None]
    start = uvs[nearest, 0]
    return start + u * (uvs[nearest, 1] - start) + v * (uvs[nearest, 2] - start)
