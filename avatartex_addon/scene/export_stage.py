"""A scene of its own in which copies of a head and what belongs to it are exported: the artist's stay untouched.

Exporters write what the scene of the window holds, leave Edit Mode, and name what they write as Blender does. So the
window shows the copies' scene for that moment, and the copies have the names meanwhile.
"""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import bpy
import numpy as np

from ..backend.errors import ErrorCode
from ..backend.head.tiles import FIRST
from .arrays import read_each, read_uvs
from .shell_object import SHELL_OF

#: The sort of objects that are exported with a head.
EXPORTED = {"MESH", "ARMATURE", "EMPTY"}
#: Stores of datablocks by their kind: users before what they use, of which a removed mesh would take its objects along.
STORES = {
    "Object": "objects",
    "Scene": "scenes",
    "Mesh": "meshes",
    "Material": "materials",
    "ShaderNodeTree": "node_groups",
    "Image": "images",
}


@dataclass
class Stage:
    """scene: what is exported. window: which shows it. head: the copy of the head. copies: by the originals."""

    scene: bpy.types.Scene
    window: bpy.types.Window
    head: bpy.types.Object
    copies: dict[bpy.types.Object, bpy.types.Object]
    made: list[bpy.types.ID] = field(default_factory=list)
    names: list[tuple[bpy.types.ID, str]] = field(default_factory=list)  # which others have meanwhile

    def keep(self, thing):
        """A datablock that goes when all is written."""
        self.made.append(thing)
        return thing

    def lend_name(self, original: bpy.types.ID, copy: bpy.types.ID) -> None:
        """Let a copy have the original's name; one that is linked from another file keeps its own."""
        if original.library is None:
            name = original.name
            self.names.append((original, name))
            original.name = uuid.uuid4().hex
            copy.name = name


def find_parts(head: bpy.types.Object, whole: bool) -> list[bpy.types.Object]:
    """The head, and what moves it; where it is wanted whole, also what hangs on the same bones or on the head.

    Our shell is none of it: without its modifiers it is another head.
    """
    movers = find_movers(head)
    parts = [head, *movers]
    if whole:
        scene = bpy.context.scene
        tied = {head, *(one for one in movers if one.type == "ARMATURE")}
        for one in scene.objects:
            visible = one.visible_get(view_layer=bpy.context.view_layer)
            if one.type == "MESH" and visible and not one.get(SHELL_OF) and tied & {one.parent, *find_movers(one)}:
                parts += [one, *find_movers(one)]
    return [one for one in dict.fromkeys(parts) if one.type in EXPORTED]


def find_movers(thing: bpy.types.Object) -> list[bpy.types.Object]:
    """The armatures of its modifiers, and its parents up to the uppermost; no meshes."""
    found = [one.object for one in thing.modifiers if one.type == "ARMATURE" and one.object is not None]
    for start in (thing, *found):
        above = start.parent
        while above is not None:
            found.append(above)
            above = above.parent
    return [one for one in dict.fromkeys(found) if one.type in EXPORTED - {"MESH"}]


@contextmanager
def staged(head: bpy.types.Object, parts: Iterable[bpy.types.Object], own_mesh: bool) -> Iterator[Stage]:
    """Copies of the parts, the head among them, in the window's scene; afterwards all is as it was.

    Args:
        own_mesh: the head's copy has a mesh of its own.

    Raises:
        AvatarTexError: INTERNAL, there is no window to show a scene.
    """
    windows = bpy.context.window_manager.windows
    window = bpy.context.window or next(iter(windows), None)
    if window is None:
        raise ErrorCode.INTERNAL("Blender has no window to export from.", "Open a window and try again.")
    former, layer = window.scene, window.view_layer
    scene = bpy.data.scenes.new("AvatarTex Export")
    scene.frame_current, scene.render.engine = former.frame_current, former.render.engine
    scene.unit_settings.scale_length = former.unit_settings.scale_length
    stage = Stage(scene, window, head, {})
    stage.keep(scene)
    try:
        for part in parts:
            copy_part(stage, part, own_mesh and part == head)
        for part, copy in stage.copies.items():
            tie(part, copy, stage.copies)
        stage.head = stage.copies[head]
        window.scene = scene
        with bpy.context.temp_override(window=window, scene=scene, view_layer=scene.view_layers[0]):
            scene.view_layers[0].update()
            yield stage
    finally:
        window.scene = former
        window.view_layer = layer
        remove_all(stage.made)
        for original, name in reversed(stage.names):  # a mesh of two objects was renamed twice
            original.name = name


def copy_part(stage: Stage, part: bpy.types.Object, own_mesh: bool) -> None:
    if part.mode == "EDIT":
        part.update_from_editmode()
    copy = stage.keep(part.copy())
    stage.lend_name(part, copy)
    if part.type == "MESH" and (own_mesh or part.mode == "EDIT"):
        copy.data = stage.keep(part.data.copy())
        stage.lend_name(part.data, copy.data)
    stage.scene.collection.objects.link(copy)
    copy.hide_viewport = copy.hide_render = False
    stage.copies[part] = copy


def tie(part: bpy.types.Object, copy: bpy.types.Object, copies: dict[bpy.types.Object, bpy.types.Object]) -> None:
    """Let a copy hang on the copies as the original hangs on the originals; on nothing that stays behind."""
    place = part.matrix_world.copy()
    if part.parent is not None and part.parent not in copies:
        copy.parent = None
        copy.matrix_world = place
    elif part.parent is not None:
        copy.parent = copies[part.parent]  # keeps the kind of parent and the inverse
    for thing in (*copy.modifiers, *copy.constraints):
        for name in ("object", "target"):
            if getattr(thing, name, None) in copies:
                setattr(thing, name, copies[getattr(thing, name)])


def remove_all(made: Iterable[bpy.types.ID]) -> None:
    order = list(STORES)
    for thing in sorted(made, key=lambda one: order.index(one.bl_rna.identifier)):
        getattr(bpy.data, STORES[thing.bl_rna.identifier]).remove(thing)


def part_by_tile(head: bpy.types.Object, uv_map: str, slots: Iterable[int], tiles: Iterable[int]) -> dict[int, dict]:
    """Give faces in UDIM tiles slots of their own, and let each tile's UV map lie at 0..1; by slot: tile to new slot.

    Args:
        head: with a mesh of its own. slots: those that show the texture.
    """
    mesh, tiles = head.data, sorted(tiles)
    uvs, starts = read_uvs(mesh, uv_map), read_each(mesh.polygons, "loop_start")
    counts = read_each(mesh.polygons, "loop_total")
    middles = np.add.reduceat(uvs, starts) / counts[:, None]
    of = FIRST + np.floor(middles[:, 0]).astype(int) + 10 * np.floor(middles[:, 1]).astype(int)
    material, found = read_each(mesh.polygons, "material_index"), {}
    of_slot = material.copy()
    for slot in slots:
        found[slot] = {}
        for tile in tiles:
            there = (of_slot == slot) & (of == tile)
            if not there.any():
                continue
            mesh.materials.append(None)
            found[slot][tile] = len(mesh.materials) - 1
            material[there] = found[slot][tile]
    moved = np.isin(material, [new for by_tile in found.values() for new in by_tile.values()])
    away = np.stack([(of - FIRST) % 10, (of - FIRST) // 10], 1) * moved[:, None]
    uvs -= np.repeat(away, counts, 0).astype(np.float32)
    mesh.uv_layers[uv_map].uv.foreach_set("vector", uvs.ravel())
    mesh.polygons.foreach_set("material_index", material)
    return found
