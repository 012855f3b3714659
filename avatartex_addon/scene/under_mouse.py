"""Which mesh lies under the mouse in a 3D view."""

from __future__ import annotations

import bpy
from bpy_extras import view3d_utils
from mathutils import Vector


def find_mesh_at(context: bpy.types.Context, x: int, y: int) -> bpy.types.Object | None:
    """The nearest visible mesh at a place of the window (pixels, from its lower left); None beside it and over bars."""
    area = context.area
    if area is None or area.type != "VIEW_3D":
        return None
    here = [region for region in area.regions if _holds(region, x, y)]
    view = next((region for region in here if region.type == "WINDOW"), None)
    if view is None or len(here) > 1:  # a sidebar lies over the view
        return None
    sight, place = area.spaces.active.region_3d, (x - view.x, y - view.y)
    hit, _, _, _, found, _ = context.scene.ray_cast(
        context.evaluated_depsgraph_get(),
        view3d_utils.region_2d_to_origin_3d(view, sight, place),
        view3d_utils.region_2d_to_vector_3d(view, sight, place),
    )
    return found.original if hit and found.type == "MESH" else None


def _holds(region: bpy.types.Region, x: int, y: int) -> bool:
    return region.x <= x < region.x + region.width and region.y <= y < region.y + region.height


def lies_within(part: bpy.types.Object, whole: bpy.types.Object) -> bool:
    """Whether an object's middle is inside another's bounding box: an eye, teeth, lashes of a head."""
    middle = part.matrix_world @ (sum((Vector(corner) for corner in part.bound_box), Vector()) / 8)
    local = whole.matrix_world.inverted_safe() @ middle
    low, high = Vector(whole.bound_box[0]), Vector(whole.bound_box[6])
    return all(low[axis] <= local[axis] <= high[axis] for axis in range(3))
