"""Expression maps as files beside an exported head: no format lets shape keys drive pictures, shaders can."""

import json
import re
from pathlib import Path

import bpy

from .expression_nodes import STEPS
from .images import tile_file

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
