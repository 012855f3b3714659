"""How much of each layer shows in a texture: the sliders of the Layers box. They are the image's own."""

# No `from __future__ import annotations` here: Blender evaluates annotations itself.
import bpy
from bpy.props import BoolProperty, FloatProperty, FloatVectorProperty, PointerProperty, StringProperty

from ..scene.layer_store import SLIDERS
from ..scene.layers import follow_sliders


def flatten_moved(group, _context) -> None:
    follow_sliders(group.id_data)


#: What all sliders have in common. They are not to be animated: playback does not flatten.
SLIDER = {"min": 0.0, "max": 1.0, "default": 1.0, "subtype": "FACTOR", "update": flatten_moved, "options": set()}


class AVATARTEX_PG_layers(bpy.types.PropertyGroup):
    """Image.avatartex_layers: a slider for each of layer_store.SLIDERS, and what is known of texels and packed file."""

    folds: FloatProperty(
        name="Smile's Folds",
        description="The folds that the portrait's expression makes, such as those beside the mouth",
        **SLIDER | {"default": 0.0},
    )
    detail: FloatProperty(
        name="Skin's Detail",
        description="Pores, wrinkles and fine relief; above 1 stronger than the portrait shows them",
        **SLIDER | {"max": 2.0},
    )
    facial_hair: FloatProperty(name="Facial Hair", description="Beard and moustache; at 0 the skin below", **SLIDER)
    hair: FloatProperty(name="Hair", description="The hair on the scalp; at 0 the bare skin below", **SLIDER)
    headwear: FloatProperty(
        name="Headwear", description="Hats, scarves and glasses of the portrait", **SLIDER | {"default": 0.0}
    )
    light: FloatProperty(
        name="Light",
        description="The portrait's light and shade; at 0 evenly lit skin, for lights of the scene",
        **SLIDER,
    )

    there: StringProperty(description="The layers that have a slider, by commas; empty: the image has no layers")
    made: FloatVectorProperty(size=len(SLIDERS), description="Opacities that the job made the texture with")
    painted: BoolProperty(description="Somebody else changed the texels, so sliders would lose that")
    packed: StringProperty(description="Length and checksum of the packed file; empty: the job's own")
    raw: BoolProperty(description="The packed files of tiles are uncompressed, as a moved slider leaves them")
    packed_for: FloatVectorProperty(size=len(SLIDERS), description="Opacities that the packed file shows")
    texels: StringProperty(description="Checksum of the packed file's texels; empty: the job's own")


ATTACHED = ((bpy.types.Image, "avatartex_layers", PointerProperty(type=AVATARTEX_PG_layers)),)
