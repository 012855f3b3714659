"""What an object remembers of its pins, and what the last registration told."""

# No `from __future__ import annotations` here: Blender evaluates annotations itself.
import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    FloatProperty,
    FloatVectorProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)


class AVATARTEX_PG_pin(bpy.types.PropertyGroup):
    """One named point; `name` is one of backend/pins.py's."""

    name: StringProperty()
    has_2d: BoolProperty(name="On the Portrait", description="It has a place on the portrait")
    xy: FloatVectorProperty(
        name="Pixel", size=2, description="In the upright portrait, from its upper left corner, y down"
    )
    portrait: StringProperty(description="File name of the portrait that the pixel belongs to")
    has_3d: BoolProperty(name="On the Head", description="It has a place on the head")
    location: FloatVectorProperty(name="Location", size=3, subtype="TRANSLATION", description="In the object's space")


class AVATARTEX_PG_registration(bpy.types.PropertyGroup):
    """WindowManager.avatartex_registration: the answer to the last Show Registration. Not undone, not saved."""

    object_name: StringProperty()
    portrait: StringProperty(description="File name of the portrait")
    overlay: StringProperty(description="Path of the head drawn over the portrait")
    picture: StringProperty(description="Path of the upright portrait")
    width: IntProperty()
    height: IntProperty()
    score: FloatProperty()
    coverage: FloatProperty()
    sentence: StringProperty()
    warnings: StringProperty(description="What to know of the portrait before the job, one sentence a line")
    code: StringProperty(description="Why there is no registration: an ErrorCode")
    points: CollectionProperty(type=AVATARTEX_PG_pin, description="Every named point where the backend has it")


ATTACHED = (
    (bpy.types.Object, "avatartex_pins", CollectionProperty(type=AVATARTEX_PG_pin)),
    (bpy.types.Object, "avatartex_pin_index", IntProperty(name="Active Pin")),
    (bpy.types.WindowManager, "avatartex_registration", PointerProperty(type=AVATARTEX_PG_registration)),
)
