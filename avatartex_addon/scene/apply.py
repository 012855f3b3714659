"""The texture onto the artist's own material: slots, meshes, UVs and the node graph stay as they are."""

from __future__ import annotations

import bpy

from ..backend.errors import AvatarTexError, ErrorCode
from ..versions import ALWAYS_NODES

NODE_NAME = "AvatarTex"
#: Custom property of the object: the image that was there before, for Restore.
PREVIOUS = "avatartex_previous"
#: Nodes that pass a colour on; an image behind one of them is still the base colour's image.
PASSING = {"MIX", "MIX_RGB", "HUE_SAT", "GAMMA", "BRIGHTCONTRAST", "CURVE_RGB", "INVERT", "REROUTE"}


def check_editable(head, slot: int = 0) -> None:
    """Refuse linked data, which cannot be changed here.

    Raises:
        AvatarTexError: BAD_REQUEST.
    """
    material = head.material_slots[slot].material if slot < len(head.material_slots) else None
    for data in (head, head.data, material):
        if data is not None and data.library is not None:
            raise AvatarTexError(
                ErrorCode.BAD_REQUEST, f"{data.name!r} is linked from another file.", "Make it local or override it first.",
            )


def base_image(head, slot: int):
    """The image behind the Base Color of the head's slot, or None."""
    material = head.material_slots[slot].material if slot < len(head.material_slots) else None
    node = _image_node(material) if material is not None and material.node_tree is not None else None
    return node.image if node is not None else None


def apply_texture(head, slot: int, uv_map: str, path: str) -> tuple[object, list[str]]:
    """Put the picture into the Base Color of the slot: the image datablock and what there is to tell the artist."""
    check_editable(head, slot)
    image = bpy.data.images.load(path, check_existing=False)
    image.name = f"{head.name} AvatarTex"
    image.pack()
    image.filepath = ""
    notes: list[str] = []
    material = _own_material(head, slot, notes)
    if not ALWAYS_NODES:
        material.use_nodes = True
    node = _image_node(material)
    if node is None:
        node = _insert_node(material, uv_map)
        head[PREVIOUS] = ""
    else:
        old = node.image
        if old is not None:
            old.use_fake_user = True  # kept for Restore even when nothing else uses it
        head[PREVIOUS] = old.name if old is not None else ""
    node.image = image
    material.node_tree.update_tag()
    return image, notes


def restore_previous(head) -> bool:
    """Swap the texture with the one before it; False when there is none."""
    name = head.get(PREVIOUS)
    if name is None:
        return False
    for slot in head.material_slots:
        node = _image_node(slot.material) if slot.material and slot.material.node_tree else None
        if node is None or node.image is None or "AvatarTex" not in node.image.name and node.name != NODE_NAME:
            continue
        current = node.image
        current.use_fake_user = True
        if name and name in bpy.data.images:
            node.image = bpy.data.images[name]
            head[PREVIOUS] = current.name
        else:
            tree = slot.material.node_tree
            for extra in [n for n in tree.nodes if n.name.startswith(NODE_NAME)]:
                tree.nodes.remove(extra)
            del head[PREVIOUS]
        return True
    return False


def _own_material(head, slot: int, notes: list[str]):
    """The slot's material, made when missing, copied when other objects use it too."""
    while len(head.data.materials) <= slot:
        head.data.materials.append(None)
    material = head.material_slots[slot].material
    if material is None:
        material = bpy.data.materials.new(f"{head.name} Skin")
        head.material_slots[slot].material = material
        return material
    others = [
        o.name for o in bpy.data.objects
        if o != head and o.data != head.data and any(s.material == material for s in o.material_slots)
    ]
    if others:
        material = material.copy()
        head.material_slots[slot].material = material
        notes.append(f"The material is shared with {others[0]}; {head.name} got a copy of its own.")
    return material


def _principled(material):
    outputs = [n for n in material.node_tree.nodes if n.type == "OUTPUT_MATERIAL" and n.is_active_output]
    for output in outputs:
        for link in output.inputs["Surface"].links:
            found = _upstream(link.from_node, lambda n: n.type == "BSDF_PRINCIPLED", set())
            if found is not None:
                return found
    return next((n for n in material.node_tree.nodes if n.type == "BSDF_PRINCIPLED"), None)


def _image_node(material):
    """The Image Texture node that feeds the Principled's Base Color, through nodes that pass a colour on."""
    shader = _principled(material)
    if shader is None:
        return None
    for link in shader.inputs["Base Color"].links:
        found = _colour_source(link.from_node, set())
        if found is not None:
            return found
    return None


def _colour_source(node, visited: set):
    if node.type == "TEX_IMAGE":
        return node
    if node.type not in PASSING or node in visited:
        return None
    visited.add(node)
    for socket in node.inputs:
        if socket.type == "RGBA":
            for link in socket.links:
                found = _colour_source(link.from_node, visited)
                if found is not None:
                    return found
    return None


def _upstream(node, wanted, visited: set):
    if wanted(node):
        return node
    visited.add(node)
    for socket in node.inputs:
        for link in socket.links:
            if link.from_node not in visited:
                found = _upstream(link.from_node, wanted, visited)
                if found is not None:
                    return found
    return None


def _insert_node(material, uv_map: str):
    """An Image Texture node and the UV Map node that names the layer, linked into the Base Color."""
    tree = material.node_tree
    shader = _principled(material)
    if shader is None:
        shader = tree.nodes.new("ShaderNodeBsdfPrincipled")
        output = next((n for n in tree.nodes if n.type == "OUTPUT_MATERIAL"), None) or tree.nodes.new("ShaderNodeOutputMaterial")
        if not output.inputs["Surface"].links:
            tree.links.new(shader.outputs[0], output.inputs["Surface"])
    image = tree.nodes.new("ShaderNodeTexImage")
    image.name = image.label = NODE_NAME
    image.location = shader.location.x - 320, shader.location.y
    layer = tree.nodes.new("ShaderNodeUVMap")
    layer.name = f"{NODE_NAME} UV"
    layer.uv_map = uv_map
    layer.location = image.location.x - 220, image.location.y - 120
    tree.links.new(layer.outputs["UV"], image.inputs["Vector"])
    tree.links.new(image.outputs["Color"], shader.inputs["Base Color"])
    return image
