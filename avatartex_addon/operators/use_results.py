"""A head's results: show, keep and forget them, compare with what was there before, and go back to it."""

# No `from __future__ import annotations` here: Blender evaluates annotations itself.
import bpy
from bpy.props import IntProperty

from ..core.idnames import Op
from ..scene.compare import is_compared, show_after, show_before
from ..scene.head import find_head
from ..scene.history import find_shown, forget_results, scrambled_by, show_result
from ..scene.restore import can_restore, restore_texture


class ResultOperator:
    """Mixed into an operator: only for heads that have results."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        head = find_head(context)
        if head is None or not head.avatartex_history:
            cls.poll_message_set("This head has no results yet")
            return False
        return True


class AVATARTEX_OT_show_result(ResultOperator, bpy.types.Operator):
    """Put this texture on the head again"""

    bl_idname = Op.SHOW_RESULT
    bl_label = "Show This Result"
    bl_options = {"REGISTER", "UNDO"}

    index: IntProperty(min=0, options={"SKIP_SAVE"})

    @classmethod
    def description(cls, context: bpy.types.Context, properties) -> str:
        head = find_head(context)
        if head is None or properties.index >= len(head.avatartex_history):
            return cls.__doc__
        return f"{cls.__doc__}.\n{head.avatartex_history[properties.index].describe()}"

    def execute(self, context: bpy.types.Context) -> set[str]:
        head = find_head(context)
        if self.index >= len(head.avatartex_history) or self.index == find_shown(head):
            return {"CANCELLED"}
        try:
            notes = show_result(head, self.index)
        except LookupError as reason:
            self.report({"ERROR"}, str(reason))
            return {"CANCELLED"}
        for note in notes:
            self.report({"INFO"}, note)
        return {"FINISHED"}


class AVATARTEX_OT_pin_result(ResultOperator, bpy.types.Operator):
    """Keep this result, however many others come; click again to let it go"""

    bl_idname = Op.PIN_RESULT
    bl_label = "Favourite"
    bl_options = {"REGISTER", "UNDO"}

    index: IntProperty(min=0, options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        history = find_head(context).avatartex_history
        if self.index >= len(history):
            return {"CANCELLED"}
        history[self.index].favourite = not history[self.index].favourite
        return {"FINISHED"}


class AVATARTEX_OT_purge_results(ResultOperator, bpy.types.Operator):
    """Forget every result but the one on the head and the favourites. The file gets smaller"""

    bl_idname = Op.PURGE_RESULTS
    bl_label = "Purge"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        number = forget_results(find_head(context), 0)
        self.report({"INFO"}, f"{number} results forgotten" if number else "Nothing to forget")
        return {"FINISHED"} if number else {"CANCELLED"}


class AVATARTEX_OT_compare(bpy.types.Operator):
    """Show what the head had before AvatarTex, and with a second click the texture again. Nothing is lost"""

    bl_idname = Op.COMPARE
    bl_label = "Compare with Before"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not can_restore(find_head(context)):
            cls.poll_message_set("This head has no texture of ours to compare")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        head = find_head(context)
        if is_compared(head):
            show_after(head)
        else:
            show_before(head)
        return {"FINISHED"}


class AVATARTEX_OT_restore(bpy.types.Operator):
    """Put the texture and the material back that the head had before AvatarTex. The Results stay in their list"""

    bl_idname = Op.RESTORE
    bl_label = "Restore Previous Texture"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not can_restore(find_head(context)):
            cls.poll_message_set("This head has no earlier texture to go back to")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        head = find_head(context)
        restore_texture(head)
        context.window_manager.avatartex_job.reset()
        self.report({"INFO"}, f"'{head.name}' has its previous texture back")
        return {"FINISHED"}


class AVATARTEX_OT_show_texture(bpy.types.Operator):
    """Switch this viewport to Material Preview: as it is shaded now, it shows no textures"""

    bl_idname = Op.SHOW_TEXTURE
    bl_label = "Show in Material Preview"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if getattr(context.space_data, "shading", None) is None:
            cls.poll_message_set("Use it in a 3D viewport")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.space_data.shading.type = "MATERIAL"
        return {"FINISHED"}


class AVATARTEX_OT_show_uv_map(ResultOperator, bpy.types.Operator):
    """Make the texture's UV map the active one, because Solid view shows textures through that. The UV maps stay as \
they are"""

    bl_idname = Op.SHOW_UV_MAP
    bl_label = "Show in Its UV Map"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        head = find_head(context)
        name = scrambled_by(head)
        if not name:
            return {"CANCELLED"}
        head.data.uv_layers.active = head.data.uv_layers[name]
        return {"FINISHED"}


CLASSES = (
    AVATARTEX_OT_show_result,
    AVATARTEX_OT_pin_result,
    AVATARTEX_OT_purge_results,
    AVATARTEX_OT_compare,
    AVATARTEX_OT_restore,
    AVATARTEX_OT_show_texture,
    AVATARTEX_OT_show_uv_map,
)
