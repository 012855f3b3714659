"""Sets of variants by name, kept as Blender keeps its own presets: in the artist's folder, for all files."""

# No `from __future__ import annotations` here: Blender evaluates annotations itself.
import bpy
from bl_operators.presets import AddPresetBase

from ..core.idnames import Op

#: What a preset holds: fields of Scene.avatartex_variants.
PRESET_FIELDS = ("styles", "seeds", "size", "format", "place")


class AVATARTEX_MT_variant_presets(bpy.types.Menu):
    bl_label = "Presets"
    preset_subdir = "avatartex/variants"
    preset_operator = "script.execute_preset"
    draw = bpy.types.Menu.draw_preset


class AVATARTEX_OT_variant_preset(AddPresetBase, bpy.types.Operator):
    """Keep styles, seeds, size, format and place under a name, or remove the chosen preset"""

    bl_idname = Op.VARIANT_PRESET
    bl_label = "Add Preset"
    preset_menu = "AVATARTEX_MT_variant_presets"
    preset_subdir = AVATARTEX_MT_variant_presets.preset_subdir
    preset_defines = ["wanted = bpy.context.scene.avatartex_variants"]
    preset_values = [f"wanted.{name}" for name in PRESET_FIELDS]


CLASSES = (AVATARTEX_MT_variant_presets, AVATARTEX_OT_variant_preset)
