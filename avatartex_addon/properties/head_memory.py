"""What a head remembers beside its results: pins, further portraits, expression maps; and the last registration."""

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

from ..scene import versions
from ..scene.expression_nodes import set_strengths
from ..scene.memory import part_from_copies
from .making import make_list, make_pointer, make_slider


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
    front: StringProperty(description="The object's axis along which the face looks, as x or -x")
    up: StringProperty(description="The object's axis at its crown")
    warnings: StringProperty(description="What to know of the portrait before the job, one sentence a line")
    code: StringProperty(description="Why there is no registration: an ErrorCode")
    points: CollectionProperty(type=AVATARTEX_PG_pin, description="Every named point where the backend has it")


class AVATARTEX_PG_further(bpy.types.PropertyGroup):
    """One further portrait."""

    path: StringProperty(
        name="Further Portrait",
        description="Another picture of the same person, for what the portrait does not show",
        subtype="FILE_PATH",
        options=versions.RELATIVE_PATH_OPTIONS,
    )


def show_strengths(maps, _context) -> None:
    part_from_copies(maps.id_data)
    set_strengths(maps.id_data)


class AVATARTEX_PG_expressions(bpy.types.PropertyGroup):
    """The group stands between the texture and what it feeds (see scene/expression_nodes.py)."""

    group: PointerProperty(type=bpy.types.NodeTree)
    uv_map: StringProperty()
    folds: make_slider(
        "Folds",
        "How deep the folds of expressions are: less for a young face, more for an old one",
        show_strengths,
        max=2.0,
    )
    blood: make_slider(
        "Blood",
        "How much skin reddens where an expression presses it together, and pales where it stretches it",
        show_strengths,
        max=2.0,
    )


ATTACHED = (
    (bpy.types.Object, "avatartex_pins", make_list(AVATARTEX_PG_pin)),
    (bpy.types.Object, "avatartex_pin_index", IntProperty(name="Active Pin")),
    (bpy.types.WindowManager, "avatartex_registration", PointerProperty(type=AVATARTEX_PG_registration)),
    (bpy.types.Object, "avatartex_further", make_list(AVATARTEX_PG_further)),
    (
        bpy.types.Object,
        "avatartex_further_index",
        IntProperty(name="Active Further Portrait", override={"LIBRARY_OVERRIDABLE"}),
    ),
    (bpy.types.Object, "avatartex_expressions", make_pointer(AVATARTEX_PG_expressions)),
)
