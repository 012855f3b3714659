"""Expression maps in the artist's material: one node group between our texture and all that it feeds.

The group adds to the texture what each expression does to the skin, by as much as drivers on the shape keys' own values
say. It stands where nothing has to be remembered: taking it out leaves the graph as it was. Everything that relinks
(Compare, Restore, another result) takes it out first and puts it in again, as it does with the mix (mix.py).

Beside an exported head the maps are files with a table: no format lets shape keys drive pictures, shaders can.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import bpy

from .graph import IMAGE_NODE, add_math, find_socket, reads_uv_map
from .images import remove_unused, tile_file
from .memory import changed_tree, part_from_copies
from .mix import redirect

#: Name of the node, by which it is found again.
NODE = "AvatarTex Expressions"
#: Steps to the end of the maps' range, of 255.
STEPS = 127 / 255
#: What a fold that takes all light by a factor of e leaves of it, by channel: light in it was scattered by skin, so it
#: is redder. What twice e times the blood leaves of linear light: haemoglobin's absorption as skin shows it, of which
#: cheeks that blush have a tenth in red to a third in green.
FOLD_TINT, BLOOD_TINT = (0.43, 0.37, 0.34), (0.95, 0.70, 0.76)


def build_group(
    head: bpy.types.Object,
    uv_map: str,
    folds: Sequence[bpy.types.Image],
    blood: Sequence[bpy.types.Image],
    left: bpy.types.Image,
    channels: Sequence[dict],
    ranges: tuple[float, float],
) -> bpy.types.NodeTree:
    """The node group of a head, its weights driven by the head's shape keys.

    Args:
        folds, blood, left, channels, ranges: as backend/messages.py's Expressed has them.
    """
    tree = bpy.data.node_groups.new(f"{head.name} Expressions", "ShaderNodeTree")
    tree.interface.new_socket("Color", in_out="INPUT", socket_type="NodeSocketColor")
    for name in ("Folds", "Blood"):
        tree.interface.new_socket(name, in_out="INPUT", socket_type="NodeSocketFloat").default_value = 1.0
    tree.interface.new_socket("Color", in_out="OUTPUT", socket_type="NodeSocketColor")
    outside, end = tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")
    uv = tree.nodes.new("ShaderNodeUVMap")
    uv.uv_map = uv_map
    side = add_image(tree, left, uv)
    sums: list[bpy.types.NodeSocket | None] = [None, None]
    for number, pair in enumerate(zip(folds, blood, strict=True)):
        weights = add_weights(tree, head.data.shape_keys, channels[3 * number : 3 * number + 3], side)
        for kind, image in enumerate(pair):
            value = add_value(tree, add_image(tree, image, uv), weights)
            sums[kind] = value if sums[kind] is None else add_math(tree, "ADD", sums[kind], value)
    color = outside.outputs["Color"]
    limits = ((-0.8, 0.3), None)  # of light, as a logarithm, however many folds meet in one place
    for kind, (name, tint) in enumerate((("Folds", FOLD_TINT), ("Blood", BLOOD_TINT))):
        power = add_math(tree, "MULTIPLY", sums[kind], ranges[kind] / STEPS)
        power = add_math(tree, "MULTIPLY", power, outside.outputs[name])
        if limits[kind]:
            for operation, limit in zip(("MAXIMUM", "MINIMUM"), limits[kind], strict=True):
                power = add_math(tree, operation, power, limit)
            power = add_math(tree, "MULTIPLY", power, -1.0)  # a darker texel has the higher power
        color = add_tint(tree, color, tint, power)
    tree.links.new(color, end.inputs["Color"])
    return tree


def add_image(tree: bpy.types.NodeTree, image: bpy.types.Image, uv: bpy.types.Node) -> bpy.types.NodeSocket:
    node = tree.nodes.new("ShaderNodeTexImage")
    node.image = image
    tree.links.new(uv.outputs["UV"], node.inputs["Vector"])
    return node.outputs["Color"]


def add_weights(
    tree: bpy.types.NodeTree, keys: bpy.types.Key, channels: Sequence[dict], side: bpy.types.NodeSocket
) -> bpy.types.NodeSocket:
    """Three channels' weights as a vector: those of the half of the face that a texel is on."""
    node = tree.nodes.new("ShaderNodeMix")
    node.data_type, node.clamp_factor = "VECTOR", True
    right, left = (socket for socket in node.inputs if socket.type == "VECTOR" and socket.identifier != "Factor_Vector")
    tree.links.new(side, find_socket(node.inputs, "Factor_Float"))
    for component, channel in enumerate(channels):
        for half, socket in (("right", right), ("left", left)):
            drive(socket, component, keys, channel[half])
    return next(socket for socket in node.outputs if socket.type == "VECTOR")


def drive(socket: bpy.types.NodeSocket, component: int, keys: bpy.types.Key, names: Sequence[str]) -> None:
    """Let a component be the sum of the shape keys' values: a simple driver, which runs without scripts' permission."""
    if not names:
        return
    driver = socket.driver_add("default_value", component).driver
    driver.type = "SUM"
    for name in names:
        variable = driver.variables.new()
        target = variable.targets[0]
        target.id_type, target.id = "KEY", keys
        target.data_path = f'key_blocks["{bpy.utils.escape_identifier(name)}"].value'


def add_value(
    tree: bpy.types.NodeTree, color: bpy.types.NodeSocket, weights: bpy.types.NodeSocket
) -> bpy.types.NodeSocket:
    """What three channels add, weighted."""
    signed, total = tree.nodes.new("ShaderNodeVectorMath"), tree.nodes.new("ShaderNodeVectorMath")
    signed.operation, total.operation = "SUBTRACT", "DOT_PRODUCT"
    signed.inputs[1].default_value = (128 / 255,) * 3  # what means nothing in the maps
    tree.links.new(color, signed.inputs[0])
    tree.links.new(signed.outputs["Vector"], total.inputs[0])
    tree.links.new(weights, total.inputs[1])
    return total.outputs["Value"]


def add_tint(
    tree: bpy.types.NodeTree, color: bpy.types.NodeSocket, tint: tuple[float, float, float], power: bpy.types.NodeSocket
) -> bpy.types.NodeSocket:
    """The colour times the tint to a power. "A" holds the texture, so that who looks upstream finds it (graph.py)."""
    gamma, product = tree.nodes.new("ShaderNodeGamma"), tree.nodes.new("ShaderNodeMix")
    gamma.inputs["Color"].default_value = (*tint, 1.0)
    tree.links.new(power, gamma.inputs["Gamma"])
    product.data_type, product.blend_type = "RGBA", "MULTIPLY"
    colors = [socket for socket in product.inputs if socket.type == "RGBA"]
    find_socket(product.inputs, "Factor_Float").default_value = 1.0
    tree.links.new(color, colors[0])
    tree.links.new(gamma.outputs["Color"], colors[1])
    return next(socket for socket in product.outputs if socket.type == "RGBA")


def link_maps(head: bpy.types.Object) -> None:
    """The group into each graph that shows our texture in the maps' UV map; nothing where the head has no maps."""
    maps = head.avatartex_expressions
    if maps.group is None or head.avatartex_compared.active:
        return
    for previous in head.avatartex_previous:
        tree = changed_tree(previous)
        ours = tree and tree.nodes.get(IMAGE_NODE if previous.inserted else previous.node)
        if not ours or not ours.outputs["Color"].is_linked or NODE in tree.nodes:
            continue
        if reads_uv_map(ours, head.data) != maps.uv_map:
            continue
        node = tree.nodes.new("ShaderNodeGroup")
        node.name = node.label = NODE
        node.node_tree = maps.group
        node.location = (ours.location.x + 20, ours.location.y - 320)
        node.hide = True
        redirect(tree, ours.outputs["Color"], node.outputs["Color"])
        tree.links.new(ours.outputs["Color"], node.inputs["Color"])
    set_strengths(head)


def set_strengths(head: bpy.types.Object) -> None:
    """Let the nodes have the strengths that the artist set."""
    for tree in map(changed_tree, head.avatartex_previous):
        if tree is not None and (node := tree.nodes.get(NODE)) is not None:
            node.inputs["Folds"].default_value = head.avatartex_expressions.folds
            node.inputs["Blood"].default_value = head.avatartex_expressions.blood


def unlink_maps(head: bpy.types.Object) -> None:
    """The graphs as they are without the group; nothing where there is none."""
    for tree in map(changed_tree, head.avatartex_previous):
        if tree is None or (node := tree.nodes.get(NODE)) is None:
            continue
        if node.inputs["Color"].is_linked:
            redirect(tree, node.outputs["Color"], node.inputs["Color"].links[0].from_socket)
        tree.nodes.remove(node)


def show_maps(head: bpy.types.Object, group: bpy.types.NodeTree, uv_map: str) -> None:
    """Let the head have these maps instead of those that it had."""
    drop_maps(head)
    head.avatartex_expressions.group, head.avatartex_expressions.uv_map = group, uv_map
    link_maps(head)


def drop_maps(head: bpy.types.Object) -> None:
    """Take the maps off and forget them; their group and images go where nothing else (a variant) uses them."""
    part_from_copies(head)
    unlink_maps(head)
    group = head.avatartex_expressions.group
    head.avatartex_expressions.property_unset("group")
    if group is None or group.users or group.library is not None:
        return
    images = {node.image for node in group.nodes if node.type == "TEX_IMAGE"}
    bpy.data.node_groups.remove(group)
    for image in images:
        remove_unused(image)


#: The keys of a driver's target.
KEY_PATH = re.compile(r'key_blocks\["(.*)"\]\.value')
TARGET = re.compile(r'nodes\["(.*)"\]\.inputs\[(\d+)\]\.default_value')


def write_table(group: bpy.types.NodeTree, folder: Path, stem: str) -> list[Path]:
    """The maps of a head and a table that says which shape keys drive which channel; the files.

    Raises:
        OSError: the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files, channels = [], []
    side = None
    for dot in [node for node in group.nodes if node.type == "VECT_MATH" and node.operation == "DOT_PRODUCT"]:
        image = source(source(dot.inputs[0]).inputs[0]).image
        weights = source(dot.inputs[1])
        side = source(next(one for one in weights.inputs if one.identifier == "Factor_Float")).image
        reach, kind = find_reach(dot)
        files += write_image(image, folder, stem)
        right, left = (one for one in weights.inputs if one.type == "VECTOR" and one.identifier != "Factor_Vector")
        for component, channel in enumerate("RGB"):
            keys = {half: keys_of(group, one, component) for half, one in (("right", right), ("left", left))}
            if keys["left"] or keys["right"]:
                channels.append(
                    {"picture": files[-1].name, "channel": channel, "kind": kind, "range": round(reach, 6)} | keys
                )
    if side is not None:
        files += write_image(side, folder, stem)
    table = folder / f"{stem}_expressions.json"
    about = "value = weight x range x (texel - 128) / 127, summed; weight: the sum of the keys' values on that half"
    half = files[-1].name if files else ""
    table.write_text(json.dumps({"about": about, "left_half": half, "channels": channels}, indent=1), encoding="utf-8")
    return [*dict.fromkeys(files), table]


def source(socket: bpy.types.NodeSocket) -> bpy.types.Node:
    return socket.links[0].from_node


def find_reach(dot: bpy.types.Node) -> tuple[float, str]:
    """The range of a channel, and what it is: the sum's factor, and the group's strength that it is multiplied by."""
    node = dot
    while (after := node.outputs["Value"].links[0].to_node).operation == "ADD":
        node = after
    strength = after.outputs["Value"].links[0].to_node.inputs[1].links[0].from_socket.name
    return after.inputs[1].default_value * STEPS, strength.lower()


def keys_of(group: bpy.types.NodeTree, socket: bpy.types.NodeSocket, component: int) -> list[str]:
    """The shape keys that drive one component of a mix's input."""
    found = []
    for curve in group.animation_data.drivers if group.animation_data else ():
        target = TARGET.fullmatch(curve.data_path)
        if target is None or curve.array_index != component or target[1] != socket.node.name:
            continue
        if socket.node.inputs[int(target[2])] == socket:
            paths = [variable.targets[0].data_path for variable in curve.driver.variables]
            found += [match[1] for path in paths if (match := KEY_PATH.fullmatch(path))]
    return found


def write_image(image: bpy.types.Image, folder: Path, stem: str) -> list[Path]:
    """The packed bytes of a map, under its own name; of tiles one file each."""
    kind = image.name.rpartition(" ")[2].partition(".")[0]
    path = folder / f"{stem}_{kind}.png"
    files = []
    for packed in image.packed_files:
        files.append(
            tile_file(path.with_suffix(".<UDIM>.png"), packed.tile_number) if image.source == "TILED" else path
        )
        files[-1].write_bytes(packed.packed_file.data)
    return files
