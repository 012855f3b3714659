"""What a head remembers of its results; kept on the object, in the .blend file."""

# No `from __future__ import annotations` here: see properties.py.
import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    FloatVectorProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from .properties import STYLE_TEXTS


class AVATARTEX_PG_result(bpy.types.PropertyGroup):
    """One texture that was made for a head. Its image stays in the file for as long as it is remembered."""

    name: StringProperty(name="Name", description="What you call this result")
    image: PointerProperty(type=bpy.types.Image)
    portrait: StringProperty(subtype="FILE_PATH")
    further: StringProperty(description="Further portraits, one path per line")
    style: StringProperty()
    seed: IntProperty()
    size: IntProperty()
    date: StringProperty(description="ISO 8601, local time")
    uv_map: StringProperty()
    slot: IntProperty()
    sharing: StringProperty(default="object")
    light: StringProperty(default="keep")
    hair: StringProperty(default="keep")
    provenance: PointerProperty(type=bpy.types.Image, description="Red from the photo, green mirrored, blue generated")
    shares: FloatVectorProperty(size=3, description="Of the head's texels: photo, mirrored, generated")
    redone: BoolProperty(description="Only its red regions were made anew")
    favourite: BoolProperty(name="Favourite", description="Keep this result, however many others come")

    def describe(self) -> str:
        """'Photo · seed 3 · 1024 texels · 2026-11-21 14:05'."""
        style = STYLE_TEXTS.get(self.style, (self.style,))[0]
        day, _, hour = self.date.partition("T")
        redone = " · regions redone" if self.redone else ""
        return f"{style} · seed {self.seed}{redone} · {self.size} texels · {day} {hour[:5]}"


class AVATARTEX_PG_compared(bpy.types.PropertyGroup):
    """Object.avatartex_compared: what is put aside while the head shows what it had before AvatarTex."""

    active: BoolProperty(description="The head shows what it had before")
    material: PointerProperty(type=bpy.types.Material)
    link: StringProperty()
    image: PointerProperty(type=bpy.types.Image)


CLASSES = (AVATARTEX_PG_result, AVATARTEX_PG_compared)


def attach() -> None:
    bpy.types.Object.avatartex_history = CollectionProperty(
        type=AVATARTEX_PG_result, override={"LIBRARY_OVERRIDABLE", "USE_INSERTION"},
    )
    bpy.types.Object.avatartex_compared = PointerProperty(type=AVATARTEX_PG_compared)


def detach() -> None:
    del bpy.types.Object.avatartex_compared
    del bpy.types.Object.avatartex_history
