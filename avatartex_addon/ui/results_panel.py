"""The Results panel: every texture that the head had from us, as thumbnails."""

import bpy

from ..core.idnames import Op
from ..scene.head import find_head
from ..scene.history import find_shown
from .sentences import draw_sentence
from .sidebar import THUMBNAILS, ClosedPanel


class AVATARTEX_PT_history(ClosedPanel, bpy.types.Panel):
    page = "results"
    bl_label = "Results"
    bl_order = 3

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        head = find_head(context)
        return head is not None and len(head.avatartex_history) > 0

    def draw(self, context: bpy.types.Context) -> None:
        layout, head = self.layout, find_head(context)
        shown = find_shown(head)
        grid = layout.grid_flow(row_major=True, columns=THUMBNAILS, even_columns=True, even_rows=True, align=False)
        for index in reversed(range(len(head.avatartex_history))):
            self.draw_entry(grid.column(align=True), head.avatartex_history[index], index, index == shown)
        if shown >= 0:
            layout.prop(head.avatartex_history[shown], "name", text="")
            draw_sentence(layout, head.avatartex_history[shown].describe())
        layout.operator(Op.PURGE_RESULTS, icon="TRASH")

    def draw_entry(self, column: bpy.types.UILayout, entry, index: int, shown: bool) -> None:
        preview = entry.image.preview if entry.image is not None else None
        column.template_icon(icon_value=preview.icon_id if preview is not None else 0, scale=3.5)
        row = column.row(align=True)
        row.operator(Op.SHOW_RESULT, text=entry.name, depress=shown).index = index
        star = "SOLO_ON" if entry.favourite else "SOLO_OFF"
        row.operator(Op.PIN_RESULT, text="", icon=star).index = index
