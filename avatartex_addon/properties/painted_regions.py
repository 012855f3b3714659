"""What the artist paints on a head, and what the viewport shows of a texture's origin."""

import bpy
from bpy.props import BoolProperty, FloatVectorProperty, PointerProperty, StringProperty

from ..backend.options import TRUST_PORTRAIT
from ..scene.redraw import redraw_views
from .making import Resettable, make_property, make_slider


class AVATARTEX_PG_regions(Resettable, bpy.types.PropertyGroup):
    """Object.avatartex_regions: the picture with the regions, and while it is painted what was there before."""

    mask: PointerProperty(type=bpy.types.Image, description="Red: redo, green: keep")
    uv_map: StringProperty(description="The UV map that the mask belongs to")
    tiles: StringProperty(description="The UDIM tiles that the mask shows side by side; empty for a texture without")
    trust_portrait: make_property(TRUST_PORTRAIT)
    painting: BoolProperty()
    mode: StringProperty()
    paint_mode: StringProperty()
    canvas: PointerProperty(type=bpy.types.Image)
    unified: BoolProperty()
    color: FloatVectorProperty(size=3)
    active_uv: StringProperty()
    painted_uv: StringProperty(description="A UV map for painting on tiles, which goes with the painting")
    active: PointerProperty(type=bpy.types.Object)
    shading: StringProperty()


class AVATARTEX_PG_overlay(bpy.types.PropertyGroup):
    """WindowManager.avatartex_overlay: what is drawn over the head in the viewports. Nothing of the scene changes."""

    show_provenance: BoolProperty(
        name="Show Provenance",
        update=redraw_views,
        description="Colour the head by where its texture comes from: red the photo, green the photo's other "
        "side, blue made up",
    )
    show_regions: BoolProperty(
        name="Show Regions", update=redraw_views, description="Draw the painted regions over the head"
    )
    opacity: make_slider("Opacity", "How strongly the colours cover the head", redraw_views, default=0.5)


ATTACHED = (
    (bpy.types.Object, "avatartex_regions", PointerProperty(type=AVATARTEX_PG_regions)),
    (bpy.types.WindowManager, "avatartex_overlay", PointerProperty(type=AVATARTEX_PG_overlay)),
)
