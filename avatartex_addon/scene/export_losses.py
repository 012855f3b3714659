"""What of a head an exported file does not have, in whole sentences: said before and after an export."""

from collections.abc import Iterable

import bpy

from ..core.targets import ExportTarget
from . import versions
from .graph import find_color_input, shows_image
from .history import visible_image
from .memory import find_shown_variant
from .shell_object import find_shell
from .surface_maps import linked_maps

#: In the order in which they are said.
TEXTS = {
    "vrm": "This is no VRM file yet: it has no humanoid bones, no expressions and no MToon; the VRM add-on adds them.",
    "variant": "A variant is exported in its colour alone: its surface maps are another texture's.",
    "nodes": "Nodes between the texture and the shader are left out: the file has the texture as it is.",
    "expressions": "No format lets shape keys drive pictures: the expression maps lie beside the file, with a table.",
    "modifiers": "Modifiers besides the armature are left out, because shape keys would not survive them.",
    "moves": "Animation, drivers and constraints are left out; bones and shape keys are there.",
    "shell": "The shell around the head is left out: only modifiers part it from the head.",
    "curves": "Hair curves are left out.",
    "occlusion": "USD's preview surface has no occlusion, so there is none.",
}


def find_losses(
    head: bpy.types.Object, target: ExportTarget, parts: Iterable[bpy.types.Object], maps: bool
) -> list[str]:
    """The sentences that hold for the head as it is.

    Args:
        parts: what is exported. maps: whether surface maps are asked for.
    """
    parts = list(parts)
    meshes = [one for one in parts if one.type == "MESH"]
    keyed = any(one.data.shape_keys for one in meshes)
    found = {
        "vrm": target.name == "vrm",
        "variant": maps and find_shown_variant(head) >= 0 and not linked_maps(head),
        "nodes": has_nodes_between(head),
        "expressions": head.avatartex_expressions.group is not None,
        "modifiers": keyed
        and any(one.show_viewport and one.type != "ARMATURE" for mesh in meshes for one in mesh.modifiers),
        "moves": any(map(is_moved, parts)),
        "shell": find_shell(head) is not None,
        "curves": any(child.type == "CURVES" for child in head.children),
        "occlusion": target.name == "usd" and maps,
    }
    return [text for name, text in TEXTS.items() if found[name]]


def is_moved(thing: bpy.types.Object) -> bool:
    """By more than bones and shape keys."""
    keys = thing.data.shape_keys if thing.type == "MESH" else None
    animated = any(one is not None and one.animation_data for one in (thing, thing.data, keys))
    bones = thing.pose.bones if thing.pose is not None else ()
    return bool(animated or thing.constraints or any(bone.constraints for bone in bones))


def has_nodes_between(head: bpy.types.Object) -> bool:
    """Whether something bends the texture's colours on the way to a shader; our own group for expressions does not."""
    image, maps = visible_image(head), head.avatartex_expressions.group
    for material in {slot.material for slot in head.material_slots} - {None}:
        if not versions.has_nodes(material) or not shows_image(material, image):
            continue
        socket = find_color_input(material).socket
        while socket.is_linked:
            node = socket.links[0].from_node
            if node.type == "TEX_IMAGE" and node.image == image:
                break
            if node.type == "REROUTE" or (node.type == "GROUP" and maps is not None and node.node_tree == maps):
                socket = node.inputs[0] if node.type == "REROUTE" else node.inputs["Color"]
                continue
            return True
    return False
