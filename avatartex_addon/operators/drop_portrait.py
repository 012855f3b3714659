"""A picture dropped onto a head or onto the AvatarTex tab becomes the portrait.

Blender has drop targets of its own for pictures (an image empty), so it lets the artist choose.
"""

from pathlib import Path

import bpy
from bpy.props import StringProperty

from ..scene.head import find_head
from ..scene.portraits import SUFFIXES
from ..scene.under_mouse import find_mesh_at, lies_within
from ..task import find_busy
from .portrait_operator import PortraitOperator


class AVATARTEX_OT_drop_portrait(PortraitOperator, bpy.types.Operator):
    """Make this picture the portrait of the head that it is dropped onto, or of the chosen head"""

    bl_idname = "avatartex.drop_portrait"
    bl_label = "Use as AvatarTex Portrait"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        target = find_mesh_at(context, event.mouse_x, event.mouse_y)
        head = find_head(context)
        if target is not None and target != head and not (head is not None and lies_within(target, head)):
            choose(context, target)
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not self.filepath.lower().endswith(SUFFIXES):
            self.report({"ERROR"}, f"'{Path(self.filepath).name}' is not a picture that AvatarTex can read")
            return {"CANCELLED"}
        done = self.take(context, self.filepath)
        head = find_head(context)
        if head is not None:
            self.report({"INFO"}, f"'{Path(self.filepath).name}' is the portrait for '{head.name}'")
        return done


def choose(context: bpy.types.Context, head: bpy.types.Object) -> None:
    """As a click on it would: the chosen head changes, or the active one where none was chosen."""
    settings = context.scene.avatartex
    if settings.head is not None or context.mode != "OBJECT":
        settings.head = head
        return
    for other in context.selected_objects:
        other.select_set(False)
    head.select_set(True)
    context.view_layer.objects.active = head


class AVATARTEX_FH_portrait(bpy.types.FileHandler):
    bl_idname = "AVATARTEX_FH_portrait"
    bl_label = "AvatarTex Portrait"
    bl_import_operator = "avatartex.drop_portrait"
    bl_file_extensions = ";".join(SUFFIXES)

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        area, region = context.area, context.region
        if area is None or area.type != "VIEW_3D" or find_busy(context):
            return False
        other_tab = region is not None and region.type == "UI" and region.active_panel_category != "AvatarTex"
        return not other_tab


CLASSES = (AVATARTEX_OT_drop_portrait, AVATARTEX_FH_portrait)
