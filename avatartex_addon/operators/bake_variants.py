"""Bake Variants, Show Variant, Remove Variant; sets of variants by name.

The sets are kept as Blender keeps its own presets: in the artist's folder, for all files.
"""

import bpy
from bl_operators.presets import AddPresetBase

from ..jobs.describing import describe_variants
from ..jobs.variant_bake import VariantBake
from ..scene.memory import find_shown_variant, hide_variant
from ..scene.variant_materials import apply_variant, drop_variant
from .checked import Checked
from .timed import BackendOperator
from .use_results import EntryOperator


class AVATARTEX_OT_variants_bake(BackendOperator, bpy.types.Operator):
    """Paint the head in each chosen style and bake the textures as materials. The head keeps what it shows until \
you click a variant"""

    bl_label = "Bake Variants"
    bl_options = {"UNDO"}

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        if obstacle := super().find_obstacle(context):
            return obstacle
        return "" if context.scene.avatartex_variants.styles else "No style is chosen. Choose one or more styles"

    def begin(self, context: bpy.types.Context) -> VariantBake:
        return VariantBake(describe_variants(context))

    def conclude(self, context: bpy.types.Context) -> set[str]:
        made = self.job.apply()
        job = context.window_manager.avatartex_job
        job.baked_name, job.baked, job.baked_notes = made.object.name, len(made.materials), "\n".join(made.warnings)
        return self.report_made(made.warnings, f"Baked {len(made.materials)} variants of '{made.object.name}'")


class AVATARTEX_OT_variant_show(EntryOperator, bpy.types.Operator):
    """Show this variant on the head. Click it again to go back to the head's own texture"""

    bl_label = "Show Variant"
    entries, none = "avatartex_variants", "This head has no variants yet"

    def use(self, head: bpy.types.Object) -> None:
        if self.index == find_shown_variant(head):
            hide_variant(head)
        else:
            apply_variant(head, self.index)


class AVATARTEX_OT_variant_remove(EntryOperator, bpy.types.Operator):
    """Remove this variant from the list, with its material and image where nothing else uses them"""

    bl_label = "Remove Variant"
    entries, none = AVATARTEX_OT_variant_show.entries, AVATARTEX_OT_variant_show.none

    def use(self, head: bpy.types.Object) -> None:
        drop_variant(head, self.index)


#: What a preset holds: fields of Scene.avatartex_variants.
PRESET_FIELDS = ("styles", "seeds", "strength", "scale", "size", "format", "place")


class AVATARTEX_MT_variant_presets(bpy.types.Menu):
    bl_label = "Presets"
    preset_subdir = "avatartex/variants"
    preset_operator = "script.execute_preset"
    draw = bpy.types.Menu.draw_preset


class AVATARTEX_OT_variant_preset(AddPresetBase, Checked, bpy.types.Operator):
    """Keep styles, seeds, strength, scale, size, format and place under a name, or remove the chosen preset"""

    bl_label = "Add Preset"
    preset_menu = "AVATARTEX_MT_variant_presets"
    preset_subdir = AVATARTEX_MT_variant_presets.preset_subdir
    preset_defines = ["wanted = bpy.context.scene.avatartex_variants"]
    preset_values = [f"wanted.{name}" for name in PRESET_FIELDS]
