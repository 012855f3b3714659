"""The batch's table: which heads of a scene are in it, and which of them share a mesh or a material."""

import uuid
from collections.abc import Iterable
from pathlib import Path

import bpy

from ..core.batch import RowState
from ..core.matching import match
from ..core.table import read_table
from .head import portrait_path
from .slots import find_head_slot


def find_candidates(scene: bpy.types.Scene, collection: bpy.types.Collection | None = None) -> list[bpy.types.Object]:
    """The meshes of the scene, or of the collection, by name."""
    objects = collection.all_objects if collection is not None else scene.objects
    return sorted((thing for thing in objects if thing.type == "MESH"), key=lambda thing: thing.name)


def add_row(
    scene: bpy.types.Scene, head: bpy.types.Object | None, label: str = "", unset: dict | None = None, **fields
):
    """A row for the head, or its row that is there already; other fields are set when they differ.

    Args:
        unset: of a new row, what is not said here, instead of what its head is set to.
    """
    rows = scene.avatartex_batch.rows
    label = head.name if head is not None else label
    row = next((row for row in rows if (row.object == head if head else row.label == label)), None)
    if row is None:
        row = rows.add()
        row.key, row.label, row.object = uuid.uuid4().hex, label, head
        own = {name: getattr(head.avatartex, name) for name in ("portrait", "style", "seed")} if head else {}
        fields = own | (unset or {}) | fields
    for name, value in fields.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
    return row


def fill_by_rule(
    scene: bpy.types.Scene, folder: Path, rule: str, collection: bpy.types.Collection | None, unset: dict | None = None
) -> int:
    """Rows for the heads that the rule (see core.matching.match) finds a portrait for; how many."""
    heads = {head.name: head for head in find_candidates(scene, collection)}
    found = match(rule, list(heads), folder)
    for name, path in found.items():
        add_row(scene, heads[name], unset=unset, portrait=str(path))
    return len(found)


def fill_by_table(scene: bpy.types.Scene, path: Path, unset: dict | None = None) -> int:
    """Rows as a CSV table says; an unknown object gets a row that will say so. How many.

    Raises:
        AvatarTexError: the table cannot be read.
    """
    lines = read_table(path)
    for line in lines:
        name = line.pop("object")
        add_row(scene, scene.objects.get(name), name, unset, **line)
    return len(lines)


def head_material(head: bpy.types.Object) -> bpy.types.Material | None:
    """The material that the texture would go into."""
    slot = find_head_slot(head)
    return head.material_slots[slot].material if slot < len(head.material_slots) else None


def find_twin(row, rows: Iterable, sharing: str) -> tuple[str, str] | None:
    """The head whose texture serves this one too, and what they share: ('Anna', 'mesh'); None when there is none."""
    head = row.object
    for other in rows:
        if other.state not in (RowState.DONE, RowState.MADE) or other.object is None or other.object == head:
            continue
        if other.object.data == head.data and not has_own_material(head):
            return other.object.name, "mesh"
        own = head_material(head) if sharing == "material" else None
        if own is not None and own == head_material(other.object):
            return other.object.name, "material"
    return None


def has_own_material(head: bpy.types.Object) -> bool:
    """Whether the slot belongs to the object, not to its mesh: such an instance can differ from the others."""
    slot = find_head_slot(head)
    return slot < len(head.material_slots) and head.material_slots[slot].link == "OBJECT"


def find_instances(head: bpy.types.Object) -> list[str]:
    """Other objects that show the head's mesh and its material."""
    if head.data.users < 2:
        return []
    return [
        thing.name
        for thing in bpy.data.objects
        if thing.data == head.data and thing != head and not has_own_material(thing)
    ]


def find_shared_materials(rows: Iterable) -> dict[str, list[str]]:
    """Materials that several meshes of the waiting rows have: name -> heads."""
    users: dict[str, dict[str, str]] = {}
    for row in rows:
        material = head_material(row.object) if row.object is not None and row.state == RowState.WAITING else None
        if material is not None:
            users.setdefault(material.name, {}).setdefault(row.object.data.name, row.object.name)
    return {name: list(heads.values()) for name, heads in users.items() if len(heads) > 1}


def row_portrait(row) -> str:
    return portrait_path(row.portrait)
