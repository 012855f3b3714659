"""Beside the file browser of Export for…: what the file will be, and what of the head it will not have."""

import bpy

from ..core.idnames import Op
from ..core.targets import TARGETS
from ..scene.export_losses import find_losses
from ..scene.export_stage import find_parts
from ..scene.head import find_head
from .sentences import draw_sentence
from .sidebar import ExplainedPanel


class AVATARTEX_PT_export(ExplainedPanel, bpy.types.Panel):
    page = "export"
    bl_space_type = "FILE_BROWSER"
    bl_region_type = "TOOL_PROPS"
    bl_parent_id = "FILE_PT_operator"
    bl_label = "What the File Has"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        operator = getattr(context.space_data, "active_operator", None)
        name = Op.EXPORT_FOR.rpartition(".")[2]
        return operator is not None and operator.bl_idname == f"AVATARTEX_OT_{name}"

    def draw(self, context: bpy.types.Context) -> None:
        operator, head = context.space_data.active_operator, find_head(context)
        target = next(one for one in TARGETS if one.name == operator.target)
        draw_sentence(self.layout, target.tooltip, "FILE_3D")
        for text in find_losses(head, target, find_parts(head, operator.whole), operator.maps) if head else ():
            draw_sentence(self.layout, text, "INFO")
