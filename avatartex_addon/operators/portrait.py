"""Pick a portrait with Blender's file browser, thumbnails on."""

import bpy
from bpy.props import StringProperty


class AVATARTEX_OT_pick_portrait(bpy.types.Operator):
    bl_idname = "avatartex.pick_portrait"
    bl_label = "Pick a Portrait"
    bl_description = "Choose the picture of the face"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_image: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context, event):
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context):
        context.scene.avatartex.portrait = self.filepath
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_pick_portrait,)
