"""The answer to what the panel asks once where a scene has lights: whether the portrait's own is to go."""

import bpy
from bpy.props import EnumProperty

from ..scene.head import find_head
from .checked import IdleOnly, text_of

LIGHT_ANSWERS = (
    ("remove", "Remove It", "Take the portrait's light and shade out of textures, for the scene's lights do that"),
    ("keep", "Keep It", "Leave the photographed pixels as they are, for the greatest likeness"),
)


class AVATARTEX_OT_settle_light(IdleOnly, bpy.types.Operator):
    """Choose what becomes of the portrait's light of this head. The menu changes it later"""

    bl_label = "Settle the Light"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    light: EnumProperty(name="Light", description="What becomes of the portrait's light", items=LIGHT_ANSWERS)

    @classmethod
    def description(cls, context: bpy.types.Context, properties) -> str:
        return text_of(LIGHT_ANSWERS, properties.light)

    def act(self, context: bpy.types.Context) -> None:
        settings = find_head(context).avatartex
        settings.light, settings.light_settled = self.light, True
