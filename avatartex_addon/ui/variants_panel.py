"""The Variants panel: which styles to bake, and the baked ones as thumbnails."""

from pathlib import Path

import bpy

from ..backend.variant_options import STYLES
from ..core.idnames import Op
from ..operators.bake_variants import AVATARTEX_MT_variant_presets
from ..scene.head import find_head
from ..scene.memory import find_shown_variant
from ..scene.thumbnails import thumbnail
from .sentences import draw_sentence, say
from .sidebar import THUMBNAILS, HeadPanel

#: A head in each style; `python -m tests.style_pictures` makes them.
STYLE_PICTURES = Path(__file__).parent / "style_pictures"


class AVATARTEX_PT_variants(HeadPanel, bpy.types.Panel):
    page = "variants"
    bl_label = "Variants"
    bl_order = 4

    def draw(self, context: bpy.types.Context) -> None:
        layout, head, settings = self.layout, find_head(context), context.scene.avatartex_variants
        column = layout.column()
        column.enabled = not context.window_manager.avatartex_job.running
        self.draw_presets(column)
        styles = column.grid_flow(row_major=True, columns=THUMBNAILS, even_columns=True, even_rows=True)
        for style in STYLES.values:
            cell = styles.column(align=True)
            cell.template_icon(icon_value=thumbnail(str(STYLE_PICTURES / f"{style}.jpg")), scale=3.5)
            cell.prop_enum(settings, "styles", style)
        self.draw_options(column, settings)
        job = context.window_manager.avatartex_job
        if job.baked and job.baked_name == head.name and head.avatartex_variants:
            self.draw_baked(layout.box(), job)
        if head.avatartex_variants:
            self.draw_list(layout, head)

    def draw_presets(self, layout: bpy.types.UILayout) -> None:
        menu, row = AVATARTEX_MT_variant_presets, layout.row(align=True)
        row.menu(menu.__name__, text=menu.bl_label)
        row.operator(Op.VARIANT_PRESET, text="", icon="ADD")
        row.operator(Op.VARIANT_PRESET, text="", icon="REMOVE").remove_active = True

    def draw_options(self, layout: bpy.types.UILayout, settings) -> None:
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(settings, "seeds")
        column.prop(settings, "strength", slider=True)
        column.prop(settings, "scale", slider=True)
        for name in ("size", "format", "place"):
            row = column.row()
            row.prop(settings, name, expand=True)
        if settings.place == "beside" and not bpy.data.filepath:
            draw_sentence(column, "Save the file first: there is no folder beside it yet.", icon="INFO")
        row = layout.row()
        row.scale_y = 1.3
        row.operator_context = "INVOKE_DEFAULT"
        row.operator(Op.VARIANTS_BAKE, icon="BRUSH_DATA")

    def draw_baked(self, box: bpy.types.UILayout, job) -> None:
        """What happened: the head itself looks as before."""
        text = say("{count} variants are baked.", count=job.baked) if job.baked > 1 else say("One variant is baked.")
        box.label(text=text, icon="CHECKMARK", translate=False)
        draw_sentence(box, "Click one below to show it. Each is a material in the Asset Browser, too.")
        for note in job.baked_notes.splitlines():
            draw_sentence(box, note, icon="INFO")

    def draw_list(self, layout: bpy.types.UILayout, head: bpy.types.Object) -> None:
        shown = find_shown_variant(head)
        grid = layout.grid_flow(row_major=True, columns=THUMBNAILS, even_columns=True, even_rows=True, align=False)
        for index, entry in enumerate(head.avatartex_variants):
            cell = grid.column(align=True)
            preview = entry.material.preview if entry.material is not None else None
            cell.template_icon(icon_value=preview.icon_id if preview is not None else 0, scale=4.0)
            row = cell.row(align=True)
            row.operator(Op.VARIANT_SHOW, text=entry.name, depress=index == shown).index = index
            row.operator(Op.VARIANT_REMOVE, text="", icon="X").index = index
        if shown >= 0:
            entry = head.avatartex_variants[shown]
            draw_sentence(
                layout,
                say(
                    "{style} · seed {seed} · {size} texels",
                    style=say(entry.style_name),
                    seed=entry.seed,
                    size=entry.size,
                ),
            )
