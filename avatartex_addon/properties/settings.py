"""What the artist sets for a texture."""

import bpy
from bpy.props import BoolProperty, EnumProperty, PointerProperty, StringProperty

from ..backend.options import APPEARANCE, FRONT, HEAD_GROUP, LIGHT, SELECTED_FACES, UP, UV_MAP
from ..jobs.portrait_faces import get_face, list_faces, set_face
from ..scene import versions
from .making import make_property


def is_mesh(_settings, candidate: bpy.types.Object) -> bool:
    return candidate.type == "MESH"


def settle_light(settings, _context: bpy.types.Context) -> None:
    """Who chose is not asked any more."""
    settings.light_settled = True


class AVATARTEX_PG_settings(bpy.types.PropertyGroup):
    """Scene.avatartex: saved with the scene."""

    head: PointerProperty(
        type=bpy.types.Object,
        name="Head",
        poll=is_mesh,
        description="The mesh that gets the texture; the active mesh when empty",
    )
    portrait_image: PointerProperty(
        type=bpy.types.Image, description="The image of this file that the portrait was written from"
    )
    portrait: StringProperty(
        name="Portrait",
        description="One picture of a face: a photograph, a painting or a drawing",
        subtype="FILE_PATH",
        options=versions.RELATIVE_PATH_OPTIONS,
    )
    face: EnumProperty(
        name="Face",
        description="Which face of the portrait is used; the largest until another one is chosen",
        items=list_faces,
        get=get_face,
        set=set_face,
    )
    light_settled: BoolProperty(description="Whether it was asked what becomes of the portrait's light in this scene")


for option in (UV_MAP, HEAD_GROUP, FRONT, UP, SELECTED_FACES, *APPEARANCE):
    more = {"update": settle_light} if option is LIGHT else {}
    AVATARTEX_PG_settings.__annotations__[option.name] = make_property(option, **more)

ATTACHED = ((bpy.types.Scene, "avatartex", PointerProperty(type=AVATARTEX_PG_settings)),)
