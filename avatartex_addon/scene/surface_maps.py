"""Maps beside the colour on a head's materials: image nodes of our own, linked where the shader's input is free.

The artist's own nodes and links stay. The maps are the shown texture's (scene/kept_maps.py): another texture brings its
own, the way back takes them out.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import bpy

from ..backend.errors import ErrorCode
from ..backend.messages import Result
from ..backend.outputs import map_file
from ..core.chore import Parts
from . import versions
from .displacement import lay_flat, rest_normals
from .graph import find_color_input, shows_image
from .images import MAP_FORMATS, keep_base, load_result, tile_file
from .memory import part_from_copies

#: What the names of our nodes begin with; a Principled's inputs by map. Others wait beside it: what they are for is the
#: engine's, or the scene's scale decides (displacement, subsurface).
PREFIX = "AvatarTex Map "
INPUTS = {"normal": "Normal", "roughness": "Roughness", "specular": "Specular IOR Level"}


def load_maps(head: bpy.types.Object, names: Iterable[str], answer: Result) -> dict[str, bpy.types.Image]:
    """The maps of a job as packed images, by name, which nothing uses yet.

    Raises:
        AvatarTexError: INTERNAL, one cannot be read.
    """
    images: dict[str, bpy.types.Image] = {}
    for name in names:
        path = Path(map_file(answer.output, name))
        try:
            images[name] = load_result(path, f"{head.name} {name}", answer.tiles)
        except RuntimeError as reason:
            for image in images.values():
                bpy.data.images.remove(image)
            raise ErrorCode.INTERNAL(
                f"Blender could not read '{path.name}' ({reason}).", "Make the maps again."
            ) from reason
        versions.set_space(images[name], versions.DATA)
    return images


def keep_maps(head: bpy.types.Object, names: Iterable[str], base_texture: str) -> Parts:
    """A chore that writes the maps that a head has, of these names, beside the file of its texture for the backend.

    Raises:
        AvatarTexError: BAD_REQUEST, one has no pixels that can be kept.
    """
    images = {name: image.name for name, image in linked_maps(head).items() if name in names}
    for name, image_name in images.items():
        image, target = bpy.data.images.get(image_name), Path(map_file(base_texture, name))
        heights = target.suffix == ".exr"
        kept = ""
        if image is not None and not (heights and image.is_dirty):  # painted heights would be bytes
            tiles = [tile.number for tile in image.tiles] if image.source == "TILED" else [0]
            kept = yield from keep_base(image, target.with_name(f"{Path(base_texture).stem}_{name}_kept"), MAP_FORMATS)
        if not kept or (heights and tiles == [0] and Path(kept).suffix != ".exr"):
            raise ErrorCode.BAD_REQUEST(
                f"The map '{image_name}' has no pixels that could be kept as they are.",
                "Save the picture, or make the surface maps again.",
            )
        for number in tiles:
            if tile_file(kept, number).exists():
                tile_file(kept, number).replace(tile_file(target, number))


def add_maps(
    head: bpy.types.Object, texture: bpy.types.Image, uv_map: str, maps: Mapping[str, bpy.types.Image]
) -> list[str]:
    """Give each material that shows the texture these maps, by name; notes for the artist on what was not linked."""
    part_from_copies(head)
    remove_maps(head)
    notes = []
    for material in dict.fromkeys(slot.material for slot in head.material_slots):
        if material is not None and versions.has_nodes(material) and shows_image(material, texture):
            notes += feed_shader(material, uv_map, maps)
    return notes


def feed_shader(material: bpy.types.Material, uv_map: str, maps: Mapping[str, bpy.types.Image]) -> list[str]:
    socket = find_color_input(material).socket
    tree, shader = socket.id_data, socket.node
    coordinates = add_node(tree, "ShaderNodeUVMap", "UV", shader, 3, 1)
    coordinates.uv_map = uv_map
    notes = []
    for number, (name, image) in enumerate(maps.items(), 1):
        texture = add_node(tree, "ShaderNodeTexImage", name, shader, 2, number)
        texture.image = image
        tree.links.new(coordinates.outputs["UV"], texture.inputs["Vector"])
        entry = shader.inputs.get(INPUTS.get(name, "")) if shader.type == "BSDF_PRINCIPLED" else None
        if entry is None:
            continue
        if entry.is_linked:
            notes.append(f"'{entry.name}' of '{material.name}' has nodes of its own: the map lies beside them.")
            continue
        out = texture.outputs["Color"]
        if name == "normal":
            bent = add_node(tree, "ShaderNodeNormalMap", "Tangents", shader, 1, number)
            bent.uv_map = uv_map
            tree.links.new(out, bent.inputs["Color"])
            out = bent.outputs["Normal"]
        tree.links.new(out, entry)
    if shader.type != "BSDF_PRINCIPLED":
        notes.append(f"'{material.name}' has no Principled shader: its maps lie beside the others, without links.")
    return notes


def add_node(
    tree: bpy.types.NodeTree, kind: str, name: str, beside: bpy.types.Node, columns: int, rows: int
) -> bpy.types.Node:
    node = tree.nodes.new(kind)
    node.name = node.label = PREFIX + name
    node.location = (beside.location.x - 320 * columns, beside.location.y - 300 * rows)
    return node


def remove_maps(head: bpy.types.Object) -> None:
    """Remove our nodes; inputs have their own values again. Images that nobody uses then go."""
    lay_flat(head)
    images = {}
    for tree, node in list(own_nodes(head)):
        if node.type == "TEX_IMAGE" and node.image is not None:
            images[node.image.name] = node.image
        tree.nodes.remove(node)
    for image in images.values():
        if image.users == 0:
            bpy.data.images.remove(image)


def mute_maps(head: bpy.types.Object, muted: bool) -> None:
    """Whether the maps are left out for a while, as the colour is while the former look is shown."""
    for _, node in own_nodes(head):
        for out in node.outputs:
            for link in out.links:
                if not link.to_node.name.startswith(PREFIX):
                    link.is_muted = muted
    if not muted:
        rest_normals(head)


def linked_maps(head: bpy.types.Object) -> dict[str, bpy.types.Image]:
    """The maps that the head's materials have, by name."""
    pictures = (node for _, node in own_nodes(head) if node.type == "TEX_IMAGE" and node.image is not None)
    return {node.name.removeprefix(PREFIX).partition(".")[0]: node.image for node in pictures}


def own_nodes(head: bpy.types.Object) -> Iterator[tuple[bpy.types.NodeTree, bpy.types.Node]]:
    """Our nodes in the head's materials and in the groups where the colour goes in."""
    for material in dict.fromkeys(slot.material for slot in head.material_slots):
        if material is None or not versions.has_nodes(material):
            continue
        color = find_color_input(material)
        trees = [material.node_tree] + ([color.socket.id_data] if color is not None else [])
        for tree in dict.fromkeys(trees):
            yield from ((tree, node) for node in tree.nodes if node.name.startswith(PREFIX))
