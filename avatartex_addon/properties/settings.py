"""What the artist sets for a head's texture, and which object is the head."""

import bpy
from bpy.props import BoolProperty, EnumProperty, PointerProperty, StringProperty

from ..backend.options import HAIR, LIGHT, SHELL, SHELLS
from ..jobs.describing import OPTIONS
from ..jobs.portrait_faces import get_face, list_faces, set_face
from ..scene import versions
from .making import OVERRIDABLE, make_pointer, make_property


def is_mesh(_settings, candidate: bpy.types.Object) -> bool:
    return candidate.type == "MESH"


def settle_light(settings, _context: bpy.types.Context) -> None:
    """Who chose is not asked any more."""
    settings.light_settled = True


def get_shell(settings) -> int:
    """The number of the older name's value."""
    known = {hair: shell for shell, hair in SHELLS.items()}
    return SHELL.values.index(known.get(settings.hair, SHELL.default))


def set_shell(settings, number: int) -> None:
    if hair := SHELLS.get(SHELL.values[number]):
        settings.hair = hair
    elif settings.hair in SHELLS.values():
        settings.hair = HAIR.default


class AVATARTEX_PG_choice(bpy.types.PropertyGroup):
    """Scene.avatartex."""

    head: PointerProperty(
        type=bpy.types.Object,
        name="Head",
        poll=is_mesh,
        description="The mesh that gets the texture; the active mesh when empty",
    )


class AVATARTEX_PG_settings(bpy.types.PropertyGroup):
    """Object.avatartex: the head's portrait and options, which copies of it have too."""

    portrait_image: PointerProperty(
        type=bpy.types.Image,
        description="The image of this file that the portrait was written from",
        override=OVERRIDABLE,
    )
    portrait: StringProperty(
        name="Portrait",
        description="One picture of a face: a photograph, a painting or a drawing",
        subtype="FILE_PATH",
        options=versions.RELATIVE_PATH_OPTIONS,
        override=OVERRIDABLE,
    )
    face: EnumProperty(
        name="Face",
        description="Which face of the portrait is used; the largest until another one is chosen",
        items=list_faces,
        get=get_face,
        set=set_face,
    )
    light_settled: BoolProperty(
        description="Whether it was asked what becomes of the portrait's light", override=OVERRIDABLE
    )


for option in OPTIONS:
    more = {"update": settle_light} if option is LIGHT else {}
    AVATARTEX_PG_settings.__annotations__[option.name] = make_property(option, override=OVERRIDABLE, **more)

AVATARTEX_PG_settings.__annotations__[SHELL.name] = make_property(SHELL, get=get_shell, set=set_shell)

ATTACHED = (
    (bpy.types.Scene, "avatartex", PointerProperty(type=AVATARTEX_PG_choice)),
    (bpy.types.Object, "avatartex", make_pointer(AVATARTEX_PG_settings)),
)
