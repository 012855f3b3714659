"""Fill from Folder: heads and portraits that belong together by their names."""

# No `from __future__ import annotations` here: the properties' types must be evaluated by Blender.
from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ..scene.characters import fill_by_rule, find_candidates

RULES = (
    ("name", "File Name", "The picture is called as the head, or one name holds the other: 'Anna_Head', 'anna.jpg'"),
    ("folder", "Folder Name", "The picture lies in a folder that is called as the head: 'Anna/IMG_1.jpg'"),
    ("order", "Order", "The first head by name gets the first picture by name, the second the second"),
)


class AVATARTEX_OT_batch_fill(bpy.types.Operator):
    """Find a portrait for each character in a folder of pictures, by name"""

    bl_idname = "avatartex.batch_fill"
    bl_label = "Fill from Folder"
    bl_options = {"REGISTER", "UNDO"}

    directory: StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    rule: EnumProperty(name="Match by", description="Which picture belongs to which head", items=RULES)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        table = context.scene.avatartex_batch
        number = fill_by_rule(context.scene, Path(bpy.path.abspath(self.directory)), self.rule, table.collection)
        meshes = len(find_candidates(context.scene, table.collection))
        if not number:
            self.report({"WARNING"}, f"No picture in this folder fits one of the {meshes} meshes")
            return {"CANCELLED"}
        self.report({"INFO"}, f"{number} of {meshes} meshes have a portrait now")
        return {"FINISHED"}

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.use_property_split = True
        self.layout.prop(self, "rule")
        self.layout.prop(context.scene.avatartex_batch, "collection")


CLASSES = (AVATARTEX_OT_batch_fill,)
