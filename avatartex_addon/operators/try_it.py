"""Try It: the sample head and portrait that ship with the extension, textured with one click."""

from pathlib import Path

import bpy
from mathutils import Vector

from ..preferences import carried, find_backend_python
from ..scene.redraw import redraw_panels
from .checked import IdleOnly

SAMPLE = Path(__file__).resolve().parents[1] / "sample"
NAME = "Sample Head"


class AVATARTEX_OT_try_it(IdleOnly, bpy.types.Operator):
    """Add a sample head, choose a sample portrait and make its texture. Undo takes all of it back"""

    bl_label = "Try It with a Sample"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        if context.mode != "OBJECT":
            return "Go to Object Mode first"
        return super().find_obstacle(context) if find_backend_python() or carried() else "Set up the backend first"

    def act(self, context: bpy.types.Context) -> set[str] | None:
        if not (SAMPLE / "head.obj").is_file():
            return self.fail("The sample is missing in this installation. Install AvatarTex again")
        head = context.scene.objects.get(NAME) or add_sample(context)
        for other in context.selected_objects:
            other.select_set(False)
        head.select_set(True)
        context.view_layer.objects.active = head
        context.scene.avatartex.head = None
        head.avatartex.portrait = str(SAMPLE / "portrait.jpg")
        show_sample(context)
        redraw_panels()
        bpy.ops.avatartex.generate("INVOKE_DEFAULT")


def add_sample(context: bpy.types.Context) -> bpy.types.Object:
    """The sample head, to the right of everything that the scene shows."""
    right = max(
        (
            (thing.matrix_world @ Vector(corner)).x
            for thing in context.visible_objects
            if thing.type == "MESH"
            for corner in thing.bound_box
        ),
        default=0.0,
    )
    before = set(context.scene.objects)
    bpy.ops.wm.obj_import(filepath=str(SAMPLE / "head.obj"))
    head = next(thing for thing in context.scene.objects if thing not in before)
    head.name = NAME
    context.view_layer.update()
    if len(before):
        head.location.x += right + 0.2 + head.dimensions.x / 2
    for polygon in head.data.polygons:
        polygon.use_smooth = True
    return head


def show_sample(context: bpy.types.Context) -> None:
    """Let the 3D view look at it, with its texture; nothing without one."""
    area = context.area if context.area is not None and context.area.type == "VIEW_3D" else None
    if area is None or bpy.app.background:
        return
    region = next(region for region in area.regions if region.type == "WINDOW")
    with context.temp_override(area=area, region=region):
        bpy.ops.view3d.view_axis(type="FRONT")
        bpy.ops.view3d.view_selected()
    area.spaces.active.shading.type = "MATERIAL"
