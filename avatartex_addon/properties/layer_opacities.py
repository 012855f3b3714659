"""How much of each layer shows in a texture: the sliders of the Layers box. They are the image's own."""

# No `from __future__ import annotations` here: Blender evaluates annotations itself.
import bpy
from bpy.props import BoolProperty, FloatProperty, FloatVectorProperty, PointerProperty, StringProperty

from ..scene.layer_store import SLIDERS
from ..scene.layers import follow_sliders


def follow(group, _context) -> None:
    follow_sliders(group.id_data)


def slider(name: str, description: str, default: float = 1.0, most: float = 1.0):
    return FloatProperty(
        name=name,
        description=description,
        min=0.0,
        max=most,
        default=default,
        subtype="FACTOR",
        update=follow,
        options=set(),  # not to be animated: it changes the image's texels, which playback does not
    )


class AVATARTEX_PG_layers(bpy.types.PropertyGroup):
    """Image.avatartex_layers."""

    folds: slider("Smile's Folds", "Folds that the portrait's expression makes, as furrows beside the mouth", 0.0)
    detail: slider("Skin's Detail", "Pores, wrinkles and fine relief. Above 1 they are stronger than seen", most=2.0)
    facial_hair: slider("Facial Hair", "Beard and moustache on the skin")
    hair: slider("Hair", "The portrait's hair on the scalp; at 0 there is bare skin")
    headwear: slider("Headwear", "Hats, scarves and glasses that the portrait shows", 0.0)
    light: slider("Light", "The portrait's light and shade; at 0 there is evenly lit skin, for lights of the scene")

    there: StringProperty(description="The layers that have a slider, by commas; empty: the image has no layers")
    made: FloatVectorProperty(size=len(SLIDERS), description="Opacities that the job made the texture with")
    painted: BoolProperty(description="Somebody else changed the texels, so sliders would lose that")
    packed: StringProperty(description="Length and checksum of the packed file; empty: the job's own")
    raw: BoolProperty(description="The packed files of tiles are uncompressed, as a moved slider leaves them")
    packed_for: FloatVectorProperty(size=len(SLIDERS), description="Opacities that the packed file shows")
    texels: StringProperty(description="Checksum of the packed file's texels; empty: the job's own")


ATTACHED = ((bpy.types.Image, "avatartex_layers", PointerProperty(type=AVATARTEX_PG_layers)),)
