"""How much of each layer shows in a texture: the sliders of the Layers box. They are the image's own."""

import bpy
from bpy.props import BoolProperty, FloatVectorProperty, PointerProperty, StringProperty

from ..scene.layer_store import SLIDERS
from ..scene.layers import follow_sliders
from .making import make_slider


def make_opacity(name: str, description: str, **more: float):
    """Not to be animated: playback does not flatten."""
    return make_slider(name, description, lambda group, _context: follow_sliders(group.id_data), options=set(), **more)


class AVATARTEX_PG_layers(bpy.types.PropertyGroup):
    """Image.avatartex_layers: a slider for each of layer_store.SLIDERS, and what is known of texels and packed file."""

    folds: make_opacity(
        "Smile's Folds", "The folds that the portrait's expression makes, such as those beside the mouth", default=0.0
    )
    detail: make_opacity(
        "Skin's Detail", "Pores, wrinkles and fine relief; above 1 stronger than the portrait shows them", max=2.0
    )
    facial_hair: make_opacity("Facial Hair", "Beard and moustache; at 0 the skin below")
    hair: make_opacity("Hair", "The hair on the scalp; at 0 the bare skin below")
    headwear: make_opacity("Headwear", "Hats, scarves and glasses of the portrait", default=0.0)
    light: make_opacity("Light", "The portrait's light and shade; at 0 evenly lit skin, for lights of the scene")

    there: StringProperty(description="The layers that have a slider, by commas; empty: the image has no layers")
    made: FloatVectorProperty(size=len(SLIDERS), description="Opacities that the job made the texture with")
    painted: BoolProperty(description="Somebody else changed the texels, so sliders would lose that")
    packed: StringProperty(description="Length and checksum of the packed file; empty: the job's own")
    raw: BoolProperty(description="The packed files of tiles are uncompressed, as a moved slider leaves them")
    packed_for: FloatVectorProperty(size=len(SLIDERS), description="Opacities that the packed file shows")
    texels: StringProperty(description="Checksum of the packed file's texels; empty: the job's own")


ATTACHED = ((bpy.types.Image, "avatartex_layers", PointerProperty(type=AVATARTEX_PG_layers)),)
