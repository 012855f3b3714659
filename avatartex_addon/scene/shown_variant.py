"""Materials that go back into their slot: the head's own beneath a variant, and the one before AvatarTex."""

import bpy

from .arrays import read_each


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
