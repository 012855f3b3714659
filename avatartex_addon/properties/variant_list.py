"""Variants: what is asked for, what a head has, and what it showed before one of them."""

import bpy
from bpy.props import BoolProperty, CollectionProperty, IntProperty, PointerProperty, StringProperty

from ..backend.options import SIZE
from ..backend.variant_options import FORMAT, PLACE, SCALE, SEEDS, STRENGTH, STYLES
from .making import Resettable, make_list, make_property


class AVATARTEX_PG_variant_settings(bpy.types.PropertyGroup):
    """Scene.avatartex_variants: saved with the scene."""


class AVATARTEX_PG_variant_slot(bpy.types.PropertyGroup):
    """A slot beside the main one, for heads in several: a variant's material, or what was there before it."""

    slot: IntProperty()
    material: PointerProperty(type=bpy.types.Material)
    link: StringProperty(default="DATA")


class AVATARTEX_PG_variant(bpy.types.PropertyGroup):
    """One variant of a head. Its material is an asset and stays in the file for as long as it is in the list."""

    material: PointerProperty(type=bpy.types.Material)
    style: StringProperty()
    seed: IntProperty()
    size: IntProperty()
    uv_map: StringProperty()
    slot: IntProperty(description="The main one")
    others: CollectionProperty(type=AVATARTEX_PG_variant_slot)
    sharing: StringProperty(default="object")

    def describe(self) -> str:
        """'Cel · seed 3 · 1024 texels'."""
        return f"{self.title} · {self.size} texels"

    @property
    def title(self) -> str:
        return f"{self.style_name} · seed {self.seed}"

    @property
    def style_name(self) -> str:
        return STYLES.label_of(self.style)


class AVATARTEX_PG_worn(Resettable, bpy.types.PropertyGroup):
    """Object.avatartex_worn: what the head showed before a variant (see scene/memory.py)."""

    active: BoolProperty(description="The head shows a variant")
    material: PointerProperty(type=bpy.types.Material)
    link: StringProperty(default="DATA")
    slot: IntProperty()
    slot_added: BoolProperty()
    others: CollectionProperty(type=AVATARTEX_PG_variant_slot)


AVATARTEX_PG_variant_settings.__annotations__ = {
    "styles": make_property(STYLES, default={"cel", "oil", "pencil"}),
    "seeds": StringProperty(name=SEEDS.label, description=SEEDS.tooltip, default="0"),
    **{option.name: make_property(option) for option in (STRENGTH, SCALE, SIZE, FORMAT, PLACE)},
}

ATTACHED = (
    (bpy.types.Scene, "avatartex_variants", PointerProperty(type=AVATARTEX_PG_variant_settings)),
    (bpy.types.Object, "avatartex_variants", make_list(AVATARTEX_PG_variant)),
    (bpy.types.Object, "avatartex_worn", PointerProperty(type=AVATARTEX_PG_worn)),
)
