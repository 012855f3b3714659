"""Variants: what is asked for, what a head has, and what it showed before one of them."""

# No `from __future__ import annotations` here: see properties.py.
import bpy
from bpy.props import BoolProperty, CollectionProperty, EnumProperty, IntProperty, PointerProperty, StringProperty

from .backend.messages import PAINTED_STYLES, PICTURE_FORMATS, SIZES
from .properties import SIZE_TEXTS

PAINTED_TEXTS = {
    "photo": ("Photo", "The texture as it is"),
    "cel": ("Cel", "A cartoon in flat tones with dark outlines"),
    "anime": ("Anime", "One clean skin tone, one shade, fine lines"),
    "ink": ("Ink", "A comic page: black lines, dots or hatches"),
    "oil": ("Oil", "Strokes of thick paint along the forms"),
    "watercolour": ("Watercolour", "Pale washes on paper"),
    "pencil": ("Pencil", "Graphite or coloured pencils on paper"),
    "clay": ("Clay", "Plain matte colours, soft forms"),
    "pixel": ("Pixel", "Big square texels of few colours"),
}
FORMAT_TEXTS = {
    "png": ("PNG", "8 bits, sRGB: small files that every program reads"),
    "exr": ("EXR", "Half floats, linear: for colour pipelines"),
}
PLACE_TEXTS = {
    "packed": ("Packed", "Inside the .blend file"),
    "beside": ("Beside", "In the folder 'textures' beside the .blend file, named relative to it"),
}


class AVATARTEX_PG_variant_settings(bpy.types.PropertyGroup):
    """Scene.avatartex_variants: saved with the scene."""

    styles: EnumProperty(
        name="Styles", description="What the head is painted in; Shift-click for several",
        items=[(name, *PAINTED_TEXTS[name], 1 << number) for number, name in enumerate(PAINTED_STYLES)],
        default={"cel", "oil", "pencil"}, options={"ENUM_FLAG"},
    )
    seeds: StringProperty(
        name="Seeds", default="0",
        description="One variant of each style for each seed, as 0, 2 or 0-3. A seed draws how a style is painted and "
                    "what the portrait does not show",
    )
    size: EnumProperty(
        name="Size", description="Width and height of the textures",
        items=[(str(size), SIZE_TEXTS[size], f"{size} x {size} texels") for size in SIZES], default="1024",
    )
    format: EnumProperty(
        name="Format", description="What the textures are written as",
        items=[(name, *FORMAT_TEXTS[name]) for name in PICTURE_FORMATS], default="png",
    )
    place: EnumProperty(
        name="Keep", description="Where the textures are kept", default="packed",
        items=[(name, *texts) for name, texts in PLACE_TEXTS.items()],
    )


class AVATARTEX_PG_variant(bpy.types.PropertyGroup):
    """One variant of a head. Its material is an asset and stays in the file for as long as it is in the list."""

    material: PointerProperty(type=bpy.types.Material)
    style: StringProperty()
    seed: IntProperty()
    size: IntProperty()
    uv_map: StringProperty()
    slot: IntProperty()
    sharing: StringProperty(default="object")

    def describe(self) -> str:
        """'Cel · seed 3 · 1024 texels'."""
        return f"{self.title} · {self.size} texels"

    @property
    def title(self) -> str:
        return f"{self.style_name} · seed {self.seed}"

    @property
    def style_name(self) -> str:
        return PAINTED_TEXTS.get(self.style, (self.style,))[0]


class AVATARTEX_PG_worn(bpy.types.PropertyGroup):
    """Object.avatartex_worn: what the head showed before a variant (see scene/restore.py take_off)."""

    active: BoolProperty(description="The head shows a variant")
    material: PointerProperty(type=bpy.types.Material)
    link: StringProperty(default="DATA")
    slot: IntProperty()
    slot_added: BoolProperty()


CLASSES = (AVATARTEX_PG_variant_settings, AVATARTEX_PG_variant, AVATARTEX_PG_worn)


def attach() -> None:
    bpy.types.Scene.avatartex_variants = PointerProperty(type=AVATARTEX_PG_variant_settings)
    bpy.types.Object.avatartex_variants = CollectionProperty(
        type=AVATARTEX_PG_variant, override={"LIBRARY_OVERRIDABLE", "USE_INSERTION"},
    )
    bpy.types.Object.avatartex_worn = PointerProperty(type=AVATARTEX_PG_worn)


def detach() -> None:
    del bpy.types.Object.avatartex_worn
    del bpy.types.Object.avatartex_variants
    del bpy.types.Scene.avatartex_variants
