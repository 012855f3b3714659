"""The shell around a head: a copy of it that shows what lies above the skin, and nothing else.

The copy has the head's own modifiers, shape keys and groups, so it moves as the head does: after them it is pushed out
along its normals, and what has no alpha is masked away. Nothing of the head changes.
"""

from pathlib import Path

import bpy
import numpy as np

from ..backend.head.tiles import FIRST
from ..backend.messages import Result
from ..backend.outputs import shell_files
from . import versions
from .arrays import read_each, read_uvs
from .graph import add_math
from .images import load_result, opened, pixels_of, remove_unused, tile_file

#: Custom property of what belongs to a shell: the head's name.
SHELL_OF = "avatartex_shell_of"
#: Names of the vertex groups and the modifiers: how far a vertex is moved out, and where the shell is.
OFF, THERE = "AvatarTex Shell", "AvatarTex Shell Faces"
#: Name of the strands' picture, and how much longer highlights are across strands.
STRANDS, ANISOTROPY = "Strands", 0.6
#: Of the node that says how much of the shell shows.
OPACITY = "AvatarTex Shell Opacity"
#: Green of the small picture from which there is a shell; steps of their weights.
LEAST, LEVELS = 0.02, 64


def add_shell(head: bpy.types.Object, uv_map: str, answer: Result, around: bool) -> bpy.types.Image:
    """The shell's picture and that of its strands, packed; where it was asked for, the object around the head, too.

    Args:
        around: an object is asked for.

    Raises:
        RuntimeError: Blender cannot read the pictures.
    """
    picture, heights, strands = (Path(path) for path in shell_files(answer.output))
    image, lie = (
        load_result(path, f"{head.name} {name}", answer.tiles)
        for path, name in ((picture, "Shell"), (strands, STRANDS))
    )
    image.alpha_mode = "STRAIGHT"
    versions.set_space(lie, versions.DATA)
    for one in (image, lie):
        one.use_fake_user, one[SHELL_OF] = True, head.name
    if around:
        add_object(head, uv_map, (image, lie), heights, answer)
    return image


def remove_shell(head: bpy.types.Object) -> None:
    """Take away the shell that was made for the head before: object, mesh, material and picture, none of them used."""
    for thing in [child for child in head.children if child.get(SHELL_OF)]:
        mesh = thing.data
        bpy.data.objects.remove(thing)
        if mesh.users == 0:
            bpy.data.meshes.remove(mesh)
    for material in [one for one in bpy.data.materials if one.get(SHELL_OF) == head.name and one.users == 0]:
        bpy.data.materials.remove(material)
    for image in [one for one in bpy.data.images if one.get(SHELL_OF) == head.name]:
        image.use_fake_user = False
        del image[SHELL_OF]  # hair of the artist's may still show it
        remove_unused(image)


def find_shell(head: bpy.types.Object) -> bpy.types.Object | None:
    return next((child for child in head.children if child.get(SHELL_OF)), None)


def find_opacity(head: bpy.types.Object) -> bpy.types.NodeSocket | None:
    """How much of its shell shows, 0 to 1: a value in the shell's material."""
    shell = find_shell(head)
    material = shell.active_material if shell is not None else None
    if material is None or not versions.has_nodes(material):
        return None
    node = material.node_tree.nodes.get(OPACITY)
    return node.inputs["Factor"] if node is not None else None


def find_strands(head: bpy.types.Object) -> bpy.types.Image | None:
    """The tangent map of the strands that the portrait shows."""
    own = (image for image in bpy.data.images if image.get(SHELL_OF) == head.name)
    return next((image for image in own if image.name.startswith(f"{head.name} {STRANDS}")), None)


def add_object(
    head: bpy.types.Object, uv_map: str, images: tuple[bpy.types.Image, bpy.types.Image], heights: Path, answer: Result
) -> bpy.types.Object:
    """The copy of the head, a child of it, in its collections. images: the shell's picture, and its strands'."""
    if head.mode == "EDIT":
        head.update_from_editmode()
    shell = head.copy()
    shell.data = head.data.copy()
    off, there = read_shell(shell.data, uv_map, heights, tuple(answer.tiles) or (FIRST,))
    shell.name = shell.data.name = f"{head.name} Shell"
    forget_memories(shell)
    shell[SHELL_OF] = head.name
    follow(shell, head)
    for name, weights in ((OFF, off), (THERE, there.astype(np.float32))):
        add_group(shell, name, weights)
    push = shell.modifiers.new(OFF, "DISPLACE")
    scale = float(np.mean(np.abs(head.matrix_world.to_scale()))) or 1.0
    push.mid_level, push.strength, push.vertex_group = 0.0, answer.thickness / scale, OFF
    shell.modifiers.new(THERE, "MASK").vertex_group = THERE
    shell.data.materials.clear()
    shell.data.materials.append(shell_material(head, uv_map, *images))
    shell.data.polygons.foreach_set("material_index", np.zeros(len(shell.data.polygons), np.int32))
    for collection in head.users_collection:
        collection.objects.link(shell)
    return shell


def read_shell(
    mesh: bpy.types.Mesh, uv_map: str, heights: Path, tiles: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """(N,) 0..1 how far each vertex is moved out, and (N,) bool whether a face of it has a shell; of small pictures.

    Args:
        heights: the file; <UDIM> stands for each of the tiles.
    """
    uvs, corners = read_uvs(mesh, uv_map), read_each(mesh.attributes[".corner_vert"].data, "value")
    starts = read_each(mesh.polygons, "loop_start")
    counts = np.diff(np.append(starts, len(corners)))
    middles = np.add.reduceat(uvs, starts) / counts[:, None]
    owner = np.repeat(np.arange(len(starts)), counts)
    off, green = np.zeros(len(mesh.vertices), np.float32), np.zeros(len(starts), np.float32)
    for tile in tiles:
        picture = read_picture(tile_file(heights, tile))
        corner = np.array([(tile - FIRST) % 10, (tile - FIRST) // 10], np.float32)
        at_corners, at_middles = (look_up(picture, places - corner) for places in (uvs, middles))
        np.maximum.at(off, corners, at_corners[:, 0])
        np.maximum.at(green, owner, at_corners[:, 1])
        green = np.maximum(green, at_middles[:, 1])
    there = np.zeros(len(mesh.vertices), bool)
    there[corners[(green > LEAST)[owner]]] = True
    return off, there


def read_picture(path: Path) -> np.ndarray:
    """(h,w,4) float32 of a picture file, row 0 below, as it is stored."""
    with opened(path) as image:
        versions.set_space(image, versions.DATA)
        return pixels_of(image)


def look_up(picture: np.ndarray, uvs: np.ndarray) -> np.ndarray:
    """(n,4) the nearest pixels at (n,2) UVs; nothing beyond 0..1."""
    height, width = picture.shape[:2]
    inside = ((uvs >= 0) & (uvs <= 1)).all(1)
    columns, rows = (np.clip((uvs * (width, height)).astype(int), 0, (width - 1, height - 1))).T
    return picture[rows, columns] * inside[:, None]


def add_group(shell: bpy.types.Object, name: str, weights: np.ndarray) -> None:
    """A vertex group of (N,) weights 0..1; those of 0 are not in it."""
    group = shell.vertex_groups.new(name=name)
    levels = np.rint(weights * LEVELS).astype(int)
    for level in range(1, LEVELS + 1):
        if (chosen := np.flatnonzero(levels == level)).size:
            group.add(chosen.tolist(), level / LEVELS, "REPLACE")


def follow(shell: bpy.types.Object, head: bpy.types.Object) -> None:
    """The copy lies where the head does, and its shape keys have the head's values."""
    shell.animation_data_clear()
    shell.constraints.clear()
    shell.parent, shell.parent_type = head, "OBJECT"
    shell.matrix_parent_inverse.identity()
    shell.delta_location = shell.delta_rotation_euler = (0, 0, 0)
    shell.delta_scale, shell.delta_rotation_quaternion = (1, 1, 1), (1, 0, 0, 0)
    shell.matrix_basis.identity()
    keys = head.data.shape_keys
    if keys is None:
        return
    shell.data.shape_keys.animation_data_clear()
    for block in shell.data.shape_keys.key_blocks[1:]:
        driver = block.driver_add("value").driver
        driver.type = "AVERAGE"
        source = driver.variables.new().targets[0]
        source.id_type, source.id = "KEY", keys
        source.data_path = f'key_blocks["{bpy.utils.escape_identifier(block.name)}"].value'


def forget_memories(shell: bpy.types.Object) -> None:
    """The copy is no head: it has no portrait, no results, no pins and no regions."""
    for own in shell.bl_rna.properties:
        if own.identifier.startswith("avatartex"):
            shell.property_unset(own.identifier)


def shell_material(
    head: bpy.types.Object, uv_map: str, image: bpy.types.Image, lie: bpy.types.Image
) -> bpy.types.Material:
    """Colour and alpha of the picture, and highlights across its strands."""
    material = bpy.data.materials.new(f"{head.name} Shell")
    material[SHELL_OF] = head.name
    versions.enable_nodes(material)
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Roughness"].default_value = 0.7
    texture, coordinates = nodes.new("ShaderNodeTexImage"), nodes.new("ShaderNodeUVMap")
    texture.image, coordinates.uv_map = image, uv_map
    texture.location = (shader.location.x - 320, shader.location.y)
    coordinates.location = (texture.location.x - 620, texture.location.y)
    links.new(coordinates.outputs["UV"], texture.inputs["Vector"])
    links.new(texture.outputs["Color"], shader.inputs["Base Color"])
    opacity = nodes.new("ShaderNodeMix")  # floats at first: nothing, or the picture's alpha
    opacity.name = opacity.label = OPACITY
    opacity.location = (shader.location.x - 160, shader.location.y - 160)
    opacity.inputs["Factor"].default_value, opacity.inputs["A"].default_value = 1.0, 0.0
    links.new(texture.outputs["Alpha"], opacity.inputs["B"])
    links.new(opacity.outputs["Result"], shader.inputs["Alpha"])
    shine_across(shader, coordinates, lie)
    return material


def shine_across(shader: bpy.types.ShaderNode, coordinates: bpy.types.ShaderNode, lie: bpy.types.Image) -> None:
    """Highlights of a shader are long across the strands whose direction a tangent map has.

    Red and green are a direction along tangent and bitangent: its angle turns the anisotropy, and as the shader is
    rougher along its tangent, by a quarter more.
    """
    tree = shader.id_data
    nodes, links = tree.nodes, tree.links
    texture, tangent = nodes.new("ShaderNodeTexImage"), nodes.new("ShaderNodeTangent")
    texture.image, texture.label, tangent.direction_type, tangent.uv_map = lie, STRANDS, "UV_MAP", coordinates.uv_map
    links.new(coordinates.outputs["UV"], texture.inputs["Vector"])
    parts = nodes.new("ShaderNodeSeparateXYZ")
    links.new(texture.outputs["Color"], parts.inputs["Vector"])
    along, across = (add_math(tree, "SUBTRACT", parts.outputs[axis], 0.5) for axis in ("X", "Y"))
    turned = add_math(tree, "MULTIPLY_ADD", add_math(tree, "ARCTAN2", across, along), 1 / (2 * np.pi), 0.25)
    links.new(turned, shader.inputs["Anisotropic Rotation"])
    links.new(tangent.outputs["Tangent"], shader.inputs["Tangent"])
    shader.inputs["Anisotropic"].default_value = ANISOTROPY
    for number, node in enumerate(nodes[-7:]):
        node.location = (shader.location.x - 480 + 160 * (number % 3), shader.location.y - 320 - 180 * (number // 3))
