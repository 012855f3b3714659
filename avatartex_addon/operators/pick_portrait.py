"""Choose the portrait in Blender's file browser, with its thumbnails."""

import bpy
from bpy.props import BoolProperty, StringProperty

from .portrait_operator import PortraitOperator


class AVATARTEX_OT_pick_portrait(PortraitOperator, bpy.types.Operator):
    """Choose a picture of a face in the file browser: a photograph, a painting or a drawing"""

    bl_idname = "avatartex.pick_portrait"
    bl_label = "Pick a Portrait"

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.filepath = bpy.path.abspath(context.scene.avatartex.portrait)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not self.poll(context):  # a job began while the file browser was open
            self.report({"ERROR"}, "The portrait cannot change while a job runs")
            return {"CANCELLED"}
        return self.take(context, self.filepath)


CLASSES = (AVATARTEX_OT_pick_portrait,)
