"""Take back a choice that this head does not have: the UV map of that name, or the vertex group."""

# No `from __future__ import annotations` here: the property's type must be evaluated by Blender.
import bpy
from bpy.props import EnumProperty

from ..redraw import redraw_panels
from ..task import poll_idle

CHOICES = (
    ("uv_map", "UV Map", "Texture the UV map that renders show, because the head has none of the chosen name"),
    ("head_group", "Head Faces", "Find the head's faces automatically, because it has no vertex group of the chosen "
                                 "name"),
)


class AVATARTEX_OT_reset_choice(bpy.types.Operator):
    """Let AvatarTex choose, because the head does not have what was chosen"""

    bl_idname = "avatartex.reset_choice"
    bl_label = "Clear the Choice"
    bl_options = {"REGISTER", "UNDO"}

    setting: EnumProperty(name="Setting", description="Which choice is taken back", items=CHOICES)

    @classmethod
    def description(cls, context: bpy.types.Context, properties) -> str:
        return next(text for name, _, text in CHOICES if name == properties.setting)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_idle(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.avatartex.property_unset(self.setting)
        context.window_manager.avatartex_job.reset()
        redraw_panels()
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_reset_choice,)
