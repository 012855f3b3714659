"""The Regions panel: where the texels come from, and what of them is to be made anew or to stay."""

import bpy

from ..core.idnames import Op
from ..core.job import round_shares
from ..scene.head import find_head
from ..scene.history import find_shown_result
from ..scene.painting import find_brush
from .sentences import say
from .sidebar import ClosedPanel

#: The colours of scene/overlay.py, as near as Blender's icons come.
PHOTO, MIRRORED, GENERATED = "COLORSET_01_VEC", "COLORSET_03_VEC", "COLORSET_04_VEC"
FILLS = (("SELECTED", "Selected Faces:"), ("GENERATED", "Generated:"))
SHARES = (("{share} photo", PHOTO), ("{share} mirrored", MIRRORED), ("{share} generated", GENERATED))
BRUSHES = (("REDO", "Remake", PHOTO), ("KEEP", "Keep", MIRRORED), ("ERASE", "Erase", "X"))


class AVATARTEX_PT_regions(ClosedPanel, bpy.types.Panel):
    page = "regions"
    bl_label = "Regions"
    bl_order = 2

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        head = find_head(context)
        if head is None:
            return False
        return len(head.avatartex_history) > 0 or head.avatartex_regions.painting or find_shown_result(head) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout, head, show = self.layout, find_head(context), context.window_manager.avatartex_overlay
        self.draw_provenance(layout, show, find_shown_result(head))
        layout.separator()
        self.draw_painting(layout, context, head)
        layout.separator()
        self.draw_redo(layout, head)

    def draw_provenance(self, layout: bpy.types.UILayout, show, entry) -> None:
        row = layout.row(align=True)
        row.enabled = entry is not None and entry.provenance is not None
        row.prop(show, "show_provenance", toggle=True, icon="OVERLAY")
        if not show.show_provenance or not row.enabled:
            return
        layout.prop(show, "opacity", slider=True)
        column = layout.column(align=True)
        column.scale_y = 0.9
        for percent, (text, icon) in zip(round_shares(tuple(entry.shares)), SHARES):
            column.label(text=say(text, share=f"{percent}%"), icon=icon)
        column.label(text="No colour: as it was before", icon="BLANK1")

    def draw_painting(self, layout: bpy.types.UILayout, context: bpy.types.Context, head: bpy.types.Object) -> None:
        regions, show = head.avatartex_regions, context.window_manager.avatartex_overlay
        now = find_brush(context) if regions.painting else ""
        row = layout.row(align=True)
        row.scale_y = 1.3
        for kind, text, icon in BRUSHES:
            row.operator(Op.REGIONS_PAINT, text=text, icon=icon, depress=kind == now).kind = kind
        if regions.painting:
            layout.operator(Op.REGIONS_DONE, icon="CHECKMARK")
        column = layout.column(align=True)
        for source, text in FILLS:
            if source == "SELECTED" and head.mode != "EDIT":
                continue
            row = column.row(align=True)
            row.label(text=text)
            for kind, label, _ in BRUSHES[:2]:
                fill = row.operator(Op.REGIONS_FILL, text=label)
                fill.kind, fill.source = kind, source
        row = layout.row(align=True)
        row.active = not regions.painting
        row.prop(show, "show_regions", toggle=True, icon="OVERLAY")
        row.operator(Op.REGIONS_CLEAR, text="", icon="TRASH")

    def draw_redo(self, layout: bpy.types.UILayout, head: bpy.types.Object) -> None:
        row = layout.row()
        row.scale_y = 1.3
        row.operator_context = "INVOKE_DEFAULT"
        row.operator(Op.REDO_REGIONS, icon="FILE_REFRESH")
        layout.prop(head.avatartex_regions, "trust_portrait")
