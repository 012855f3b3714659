"""What a head remembers of its slots (`Object.avatartex_previous`), the trees that were changed, and
materials that go back into their slot: the head's own beneath a variant, and the one before AvatarTex."""

import bpy

from .arrays import read_each
from .graph import find_socket, find_tree


def memory_of(head: bpy.types.Object, slot: int):
    """The slot's entry, new where there is none."""
    for entry in head.avatartex_previous:
        if entry.slot == slot:
            return entry
    entry = head.avatartex_previous.add()
    entry.name, entry.slot = str(slot), slot  # overrides keep entries with names alone
    return entry


def find_copies(head: bpy.types.Object, sharing: str = "") -> list[bpy.types.Object]:
    """Other objects that have a material which we changed: duplicates, and what was linked to it later.

    Args:
        sharing: who is to change with the head (core/job.py), as its results say where it is empty. Such objects are no
            copies, unless they have memories of their own.
    """
    own = [slot.material for slot in head.material_slots]
    known = own + [entry.textured for entry in head.avatartex_previous]
    changed = {entry.textured or slot_material(head, entry) for entry in head.avatartex_previous} & {*own} - {None}
    shared = {one for one in changed if one.users - one.use_fake_user > known.count(one) or head.data.users > 1}
    together = {"object"} != {sharing or "object"} | {entry.sharing for entry in head.avatartex_history if not sharing}
    return [
        other
        for other in (bpy.data.objects if shared else ())
        if other != head
        and not (together and not other.avatartex_previous)
        and shared & {slot.material for slot in other.material_slots}
    ]


def slot_material(head: bpy.types.Object, entry) -> bpy.types.Material | None:
    return head.material_slots[entry.slot].material if entry.slot < len(head.material_slots) else None


def part_from_copies(head: bpy.types.Object, sharing: str = "") -> None:
    """Let a duplicate have the materials that it shares to itself before they change: the others stay as they are."""
    copies = find_copies(head, sharing)
    theirs = {slot.material for other in copies for slot in other.material_slots}
    meshes = {other.data for other in copies}
    parted: dict[bpy.types.Material, bpy.types.Material] = {}
    for entry in head.avatartex_previous:
        material = slot_material(head, entry)
        if material not in theirs or material is None:
            continue
        if material not in parted:
            parted[material] = material.copy()
        slot = head.material_slots[entry.slot]
        if head.data in meshes:  # the mesh's own slot is theirs, too
            slot.link = "OBJECT"
            if entry.replaced:
                entry.link, entry.slot_added = "OBJECT", False
        slot.material = parted[material]
        if entry.textured == material:
            entry.textured = parted[material]


def is_changed(entry) -> bool:
    return entry.exchanged or entry.inserted or entry.replaced


def changed_tree(entry) -> bpy.types.NodeTree | None:
    """The tree that our image is in: the material's own or a group's; None where nothing was changed or it is gone."""
    if entry.textured is None or not (entry.exchanged or entry.inserted):
        return None
    return find_tree(entry.textured, read_path(entry))


def find_former(tree: bpy.types.NodeTree, entry) -> tuple[bpy.types.NodeSocket | None, bpy.types.NodeSocket | None]:
    """What fed the input that our texture was put before, and that input; None for what is gone or was not linked."""
    source, into = tree.nodes.get(entry.from_node), tree.nodes.get(entry.into_node)
    return (
        find_socket(source.outputs, entry.from_socket) if source is not None else None,
        find_socket(into.inputs, entry.into_socket) if into is not None else None,
    )


def read_path(entry) -> tuple[str, ...]:
    return tuple(entry.path.splitlines())


def find_shown_variant(head: bpy.types.Object) -> int:
    """Index of the variant that the head shows, -1 when it shows none."""
    former = head.avatartex_worn
    shown = head.material_slots[former.slot].material if former.slot < len(head.material_slots) else None
    if not former.active or shown is None:
        return -1
    return next((index for index, entry in enumerate(head.avatartex_variants) if entry.material == shown), -1)


def shows_variant(head: bpy.types.Object) -> bool:
    """Whether the head shows a variant, or the hole that a deleted one left; not when the artist put on another
    material since."""
    former = head.avatartex_worn
    if not former.active or former.slot >= len(head.material_slots):
        return False
    return head.material_slots[former.slot].material is None or find_shown_variant(head) >= 0


def hide_variant(head: bpy.types.Object) -> None:
    """Put back what the head showed before a variant, and forget it."""
    former, index = head.avatartex_worn, find_shown_variant(head)
    if shows_variant(head):
        variant = head.avatartex_variants[index] if index >= 0 else None
        ours = {None} | ({other.material for other in variant.others} if variant is not None else set())
        for other in former.others:  # not where the artist put on another material since
            if other.slot < len(head.material_slots) and head.material_slots[other.slot].material in ours:
                put_material_back(head, other)
        put_material_back(head, former)
    if former.active:
        former.reset()


def put_material_back(head: bpy.types.Object, previous) -> None:
    if getattr(previous, "slot_added", False) and len(head.data.materials) == 1:
        remove_only_slot(head.data)
        return
    if previous.slot >= len(head.material_slots):
        return
    slot = head.material_slots[previous.slot]
    if slot.link != previous.link:
        slot.material = None
        slot.link = previous.link
    if previous.link == "OBJECT" or slot.material != previous.material:
        slot.material = previous.material


def remove_only_slot(mesh: bpy.types.Mesh) -> None:
    """pop() leaves an empty slot on the object; clear() does not, but zeroes the faces' indices."""
    indices = read_each(mesh.polygons, "material_index")
    mesh.materials.clear()
    if indices.any():
        mesh.polygons.foreach_set("material_index", indices)
