"""Which of the head's material slots get the texture: the main one, and those whose faces are head, too."""

from dataclasses import dataclass

import bpy
import numpy as np

from ..backend.head.rasterize import rasterize, texel_corners
from .arrays import plain_mesh, read_each, read_loops, read_uvs

#: Faces that vote for the head's slot: reading vertex groups is slow Python (4 000 faces take about 6 ms).
VOTES = 4_000
#: ... and this share of its texels at most is the main slot's too. Texels of the look, along one side of a tile.
OVERLAP, GRID = 0.02, 256
#: Directions from the middle: columns around, rows from top to bottom.
AROUND, DOWN = 16, 8


@dataclass(frozen=True)
class Faces:
    """Triangles of the head's mesh. vertices: (N,3). corners: (M,3). slots: (M,). uvs: (M,3,2). middles: (M,3)."""

    vertices: np.ndarray
    corners: np.ndarray
    slots: np.ndarray
    uvs: np.ndarray
    middles: np.ndarray


def find_head_slots(head: bpy.types.Object, uv_map: str) -> tuple[int, ...]:
    """The main slot first, then each that is joined to it, lies outside as it does, and has texels of its own."""
    main = find_head_slot(head)
    if len(head.material_slots) < 2 or not head.data.polygons or uv_map not in head.data.uv_layers:
        return (main,)
    with plain_mesh(head) as mesh:
        faces = read_faces(mesh, uv_map, len(head.material_slots))
    found = [main]
    for slot in np.unique(faces.slots).tolist():
        if slot != main and is_head_too(faces, main, slot) and not overlaps(faces, found, slot):
            found.append(slot)
    return tuple(found)


def read_faces(mesh: bpy.types.Mesh, uv_map: str, slots: int) -> Faces:
    loops, polygons = read_loops(mesh)
    vertices, uvs = read_each(mesh.vertices, "co", np.float32, 3), read_uvs(mesh, uv_map)
    corners = read_each(mesh.loops, "vertex_index")[loops]
    return Faces(vertices, corners, read_materials(mesh, slots)[polygons], uvs[loops], vertices[corners].mean(1))


def is_head_too(faces: Faces, main: int, slot: int) -> bool:
    """Whether a slot's faces go on where the main slot's end, on the same surface."""
    own, other = vertices_of(faces, main), vertices_of(faces, slot)
    low, high = bounds(faces.vertices[own])
    low_too, high_too = bounds(faces.vertices[other])
    extent = np.linalg.norm(high - low)
    if np.linalg.norm(high_too - low_too) > 2.0 * extent:  # ICT's back of the head 1.2, a body from 4 on
        return False
    # nearer vertices are one, for importers split them along slots; three numbers of 21 bits as one
    place = np.rint((faces.vertices - low) / (1e-4 * extent)).astype(np.int64) @ np.array([1 << 42, 1 << 21, 1])
    if not np.isin(place[other], place[own]).any():
        return False
    middle = (np.minimum(low, low_too) + np.maximum(high, high_too)) / 2
    chosen = np.isin(faces.slots, (main, slot))
    radius, cell = outward(faces.middles[chosen] - middle)
    outermost = np.zeros(AROUND * DOWN)
    np.maximum.at(outermost, cell, radius)
    # half of its faces, by the outermost radius in their direction: ICT's back of the head 0.81, gums 0.59, teeth 0.61
    return bool(np.median((radius / outermost[cell])[faces.slots[chosen] == slot]) >= 0.75)


def vertices_of(faces: Faces, slot: int) -> np.ndarray:
    """(N,) bool."""
    chosen = np.zeros(len(faces.vertices), bool)
    chosen[faces.corners[faces.slots == slot]] = True
    return chosen


def bounds(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return places.min(0), places.max(0)


def outward(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(M,) radius and (M,) direction's number, of (M,3) places about the middle."""
    radius = np.linalg.norm(places, axis=1)
    turn = np.arctan2(places[:, 1], places[:, 0]) / (2 * np.pi) + 0.5
    height = np.arccos(np.clip(places[:, 2] / np.maximum(radius, 1e-9), -1, 1)) / np.pi
    column, row = np.minimum(turn * AROUND, AROUND - 1), np.minimum(height * DOWN, DOWN - 1)
    return radius, row.astype(int) * AROUND + column.astype(int)


def overlaps(faces: Faces, found: list[int], slot: int) -> bool:
    """Whether the slot shares texels with those that are found: it has a picture of its own then."""
    own, other = drawn(faces, np.isin(faces.slots, found)), drawn(faces, faces.slots == slot)
    shared = sum(int((own[tile] & texels).sum()) for tile, texels in other.items() if tile in own)
    return shared > OVERLAP * sum(int(texels.sum()) for texels in other.values())


def drawn(faces: Faces, chosen: np.ndarray) -> dict[tuple[int, int], np.ndarray]:
    """(GRID,GRID) bool, the texels of the faces in each UDIM tile."""
    uvs = faces.uvs[chosen]
    tiles = np.floor(uvs.mean(1) + 1e-7).astype(int)
    return {
        tile: rasterize(
            texel_corners((uvs[(tiles == tile).all(1)] - tile).astype(np.float32), GRID), GRID, GRID
        ).covered
        for tile in map(tuple, np.unique(tiles, axis=0).tolist())
    }


def find_head_slot(head: bpy.types.Object) -> int:
    """The main slot: the one most faces use.

    Of a whole character that may be the clothes; so when vertex groups carry 'head' in their names (every rig has
    such a bone), only the faces in them vote.
    """
    mesh, slots = head.data, len(head.material_slots)
    if slots < 2 or not mesh.polygons:
        return 0
    materials = read_materials(mesh, slots)
    asked, inside = _ask_faces(head)
    of_head = materials[asked[inside]]
    return int(np.bincount(of_head if len(of_head) else materials).argmax())


def find_head_faces(head: bpy.types.Object) -> np.ndarray:
    """(F,) bool, polygons that are head as far as slots and vertex groups show; all where they show nothing.

    Of a large mesh only VOTES faces are asked, and only those are found then.
    """
    mesh = head.data
    of_slot = read_materials(mesh, len(head.material_slots)) == find_head_slot(head)
    asked, inside = _ask_faces(head)
    if not inside.any():
        return of_slot
    found = np.zeros(len(of_slot), bool)
    found[asked[inside]] = True
    return found & of_slot


def read_materials(mesh: bpy.types.Mesh, slots: int) -> np.ndarray:
    """(F,) int32, each polygon's slot."""
    # as Blender draws an index beyond the slots
    return np.minimum(read_each(mesh.polygons, "material_index"), max(0, slots - 1))


def _ask_faces(head: bpy.types.Object) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the faces that were asked, and whether each one's first vertex is of the head by half or more."""
    mesh = head.data
    groups = {group.index for group in head.vertex_groups if "head" in group.name.lower()}
    if not groups or not mesh.polygons:
        return np.zeros(0, np.int64), np.zeros(0, bool)
    starts, corners = read_each(mesh.polygons, "loop_start"), read_each(mesh.loops, "vertex_index")
    asked = np.arange(0, len(starts), -(-len(starts) // VOTES))
    vertices = mesh.vertices
    inside = [
        any(entry.group in groups and entry.weight >= 0.5 for entry in vertices[vertex].groups)
        for vertex in corners[starts[asked]].tolist()
    ]
    return asked, np.array(inside, bool)
