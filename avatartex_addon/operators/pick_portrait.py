"""Choose the portrait in Blender's file browser, with its thumbnails."""

import bpy
from bpy.props import BoolProperty, StringProperty

from ..redraw import redraw_panels


class AVATARTEX_OT_pick_portrait(bpy.types.Operator):
    """Choose a picture of a face"""

    bl_idname = "avatartex.pick_portrait"
    bl_label = "Pick a Portrait"
    bl_options = {"INTERNAL", "UNDO"}

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.filepath = context.scene.avatartex.portrait
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.avatartex.portrait = self.filepath
        context.window_manager.avatartex_job.reset()
        redraw_panels()
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_pick_portrait,)
