"""Blender's collections as arrays, as fast as it hands them out."""

from collections.abc import Iterator
from contextlib import contextmanager

import bpy
import numpy as np


@contextmanager
def evaluated_mesh(head: bpy.types.Object) -> Iterator[bpy.types.Mesh]:
    """The mesh as it is shown, with modifiers, shape keys and pose."""
    evaluated = head.evaluated_get(bpy.context.evaluated_depsgraph_get())
    try:
        yield evaluated.to_mesh()
    finally:
        evaluated.to_mesh_clear()


@contextmanager
def plain_mesh(head: bpy.types.Object) -> Iterator[bpy.types.Mesh]:
    """The mesh without modifiers, as it is now: in Edit Mode Blender keeps its UVs and attributes aside."""
    if head.mode != "EDIT":
        yield head.data
        return
    head.update_from_editmode()
    try:
        yield head.to_mesh()
    finally:
        head.to_mesh_clear()


def read_each(things: bpy.types.bpy_prop_collection, name: str, kind: type = np.int32, width: int = 1) -> np.ndarray:
    """(n,) or (n,width) of a property of each thing."""
    values = np.empty(len(things) * width, kind)
    things.foreach_get(name, values)
    return values.reshape(-1, width) if width > 1 else values


def keep_numbers(thing: bpy.types.ID, name: str, numbers: np.ndarray) -> None:
    """(n,) int32 as a property of a datablock."""
    drop_numbers(thing, name)  # Blender 4.2 writes an array over another one, however long that is
    thing[name] = numbers


def drop_numbers(thing: bpy.types.ID, name: str) -> None:
    if name in thing.keys():
        del thing[name]


def kept_numbers(thing: bpy.types.ID, name: str) -> np.ndarray:
    """(n,) int32; not to be used any more once the property is gone."""
    return np.frombuffer(memoryview(thing[name]), np.int32)


def read_uvs(mesh: bpy.types.Mesh, uv_map: str) -> np.ndarray:
    """(L,2) float32 of the loops."""
    return read_each(mesh.uv_layers[uv_map].uv, "vector", np.float32, 2)


def read_loops(mesh: bpy.types.Mesh) -> tuple[np.ndarray, np.ndarray]:
    """(M,3) corners and (M,) polygon of each triangle, int32."""
    mesh.calc_loop_triangles()
    # polygons: a copy; by loop_triangles it would be a call for each
    return read_each(mesh.loop_triangles, "loops", width=3), read_each(mesh.loop_triangle_polygons, "value")
