"""The Batch panel: the table of characters, its run, and why a row failed."""

from pathlib import Path

import bpy

from ..backend.map_options import map_names
from ..core.batch import ROW_TEXTS, RowState, count, counts_text
from ..core.idnames import Op
from ..jobs.scene_batch import find_lacking
from ..scene.characters import row_portrait
from ..scene.thumbnails import thumbnail
from .sentences import draw_refusal, draw_sentence, say
from .sidebar import ClosedPanel

ROW_ICONS = {str(state): texts[2] for state, texts in ROW_TEXTS.items()}


def maps_text(chosen: set[str]) -> str:
    return say("Surface Maps ({count})", count=len(map_names(chosen))) if chosen else say("No Surface Maps")


class AVATARTEX_UL_batch(bpy.types.UIList):
    def draw_item(self, context, layout, data, row, icon, active_data, active_property) -> None:
        layout.label(text=row.object_name, icon=ROW_ICONS[row.state])
        path = row_portrait(row)
        line = layout.row()
        if not path:
            line.active = False
            line.label(text="no portrait")
        elif picture := thumbnail(path):
            line.label(text=Path(path).name, icon_value=picture)
        else:
            line.alert = True
            line.label(text=Path(path).name, icon="FILE_HIDDEN")


class AVATARTEX_MT_batch(bpy.types.Menu):
    bl_label = "Batch"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator(Op.BATCH_FILL, icon="FILE_FOLDER")
        layout.operator(Op.BATCH_LOAD, icon="SPREADSHEET")
        layout.separator()
        layout.prop_menu_enum(context.scene.avatartex_batch, "shared")
        layout.operator(Op.BATCH_RETRY, text="Texture All Again", icon="FILE_REFRESH").all = True
        layout.operator(Op.BATCH_REPORT, icon="TEXT")
        layout.operator(Op.BATCH_SUBMIT, icon="EXPORT")
        layout.operator(Op.BATCH_COLLECT, icon="IMPORT")
        layout.separator()
        layout.operator(Op.BATCH_REMOVE, text="Empty the Table", icon="TRASH").all = True


class AVATARTEX_PT_batch(ClosedPanel, bpy.types.Panel):
    page = "batch"
    bl_label = "Batch"
    bl_order = 5

    def draw(self, context: bpy.types.Context) -> None:
        layout, table, run = self.layout, context.scene.avatartex_batch, context.window_manager.avatartex_batch
        if not table.rows:
            self.draw_empty(layout)
            return
        self.draw_table(layout, table)
        if table.active < len(table.rows):
            self.draw_row(layout, table.rows[table.active], run)
        self.draw_run(layout, context, table, run)

    def draw_empty(self, layout: bpy.types.UILayout) -> None:
        draw_sentence(layout, "Texture many characters at once, each from its portrait.", icon="INFO")
        column = layout.column(align=True)
        column.operator_context = "INVOKE_DEFAULT"
        column.operator(Op.BATCH_FILL, icon="FILE_FOLDER")
        column.operator(Op.BATCH_LOAD, icon="SPREADSHEET")
        column.operator(Op.BATCH_ADD, icon="ADD")

    def draw_table(self, layout: bpy.types.UILayout, table) -> None:
        row = layout.row()
        row.template_list("AVATARTEX_UL_batch", "", table, "rows", table, "active", rows=4, maxrows=8)
        side = row.column(align=True)
        side.operator(Op.BATCH_ADD, text="", icon="ADD")
        side.operator(Op.BATCH_REMOVE, text="", icon="REMOVE")
        side.separator()
        side.menu("AVATARTEX_MT_batch", text="", icon="DOWNARROW_HLT")

    def draw_row(self, layout: bpy.types.UILayout, row, run) -> None:
        column = layout.column()
        column.enabled = not run.running
        column.use_property_split = True
        column.use_property_decorate = False
        if row.object is None:
            column.prop(row, "object", placeholder=row.label)
        column.prop(row, "portrait")
        column.prop(row, "style")
        column.prop(row, "seed")
        if row.reason:
            line = layout.column()
            line.alert = row.state == RowState.FAILED
            draw_sentence(line, f"{row.reason} {row.cure}", icon="ERROR" if line.alert else "INFO")

    def draw_run(self, layout: bpy.types.UILayout, context: bpy.types.Context, table, run) -> None:
        if run.running:
            self.draw_progress(layout, context, table, run)
            return
        counts = count(table.rows)
        begun = len(table.rows) - counts[RowState.WAITING]
        if run.error:
            draw_refusal(layout, run.error, run.cure, run.error_code)
        elif begun:
            draw_sentence(layout, counts_text(table.rows))
        layout.prop_menu_enum(table, "maps", text=maps_text(table.maps))
        row = layout.row(align=True)
        row.scale_y = 1.3
        row.operator_context = "INVOKE_DEFAULT"
        waiting = counts[RowState.WAITING] + len(find_lacking(table))
        text = say("Go On ({count})" if begun else "Run Batch ({count})", count=waiting) if waiting else "Run Batch"
        row.operator(Op.BATCH_RUN, text=text, icon="PLAY")
        row.operator(Op.BATCH_SUBMIT, text="", icon="EXPORT")
        if counts[RowState.FAILED]:
            row.operator(Op.BATCH_RETRY, text=say("Retry {count}", count=counts[RowState.FAILED]), icon="FILE_REFRESH")
        if table.farm and waiting:
            draw_sentence(layout, say("On a farm: {folder}", folder=Path(table.farm).name), icon="EXPORT")
            row = layout.row()
            row.operator_context = "INVOKE_DEFAULT"
            row.operator(Op.BATCH_COLLECT, icon="IMPORT")

    def draw_progress(self, layout: bpy.types.UILayout, context: bpy.types.Context, table, run) -> None:
        job = context.window_manager.avatartex_job
        counts, total = count(table.rows), len(table.rows)
        over = total - counts[RowState.WAITING] - counts[RowState.RUNNING]
        share = (over + (job.fraction if job.running else 0)) / total
        if run.cancelling or (run.paused and not job.running):
            said = say("Cancelling" if run.cancelling else "Paused")
        else:
            said = say("{over} of {total}", over=over, total=total)
        column = layout.column(align=True)
        column.progress(text=said, factor=share)
        row = column.row(align=True)
        row.operator(Op.BATCH_PAUSE, text="Go On" if run.paused else "Pause", icon="PLAY" if run.paused else "PAUSE")
        if run.paused:  # else it stands above, below the progress
            row.operator(Op.BATCH_CANCEL, icon="CANCEL")
