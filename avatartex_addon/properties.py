"""What the artist sets (scene) and what a job says (window manager, never saved)."""

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from .backend.messages import SIZES

STYLE_ITEMS = (
    ("auto", "Automatic", "Tell from the portrait"),
    ("photo", "Photograph", "Real skin"),
    ("cartoon", "Cartoon", "Flat colours and outlines"),
    ("anime", "Anime", "Pale, flat tones"),
    ("painting", "Painting", "Brush strokes"),
)


def _is_mesh(_settings, candidate):
    return candidate.type == "MESH"


class AVATARTEX_Settings(bpy.types.PropertyGroup):
    head: PointerProperty(
        name="Head", type=bpy.types.Object, poll=_is_mesh,
        description="The mesh that carries the face; the active object when empty",
    )
    uv_map: StringProperty(name="UV Map", description="The UV map the texture is for; the active one when empty")
    portrait: StringProperty(
        name="Portrait", subtype="FILE_PATH",
        description="A photograph, painting or drawing of one face; the larger the face the better",
    )
    style: EnumProperty(name="Style", items=STYLE_ITEMS, default="auto", description="How the unseen skin is painted")
    size: EnumProperty(
        name="Size", items=[(str(s), f"{s} px", f"{s} by {s} texels") for s in SIZES], default="1024",
        description="Width and height of the texture",
    )
    seed: IntProperty(name="Seed", min=0, default=0, description="Same seed, same texture; another seed, another variant")


class AVATARTEX_Job(bpy.types.PropertyGroup):
    """The running job and the last result; the panel draws from here only."""

    running: BoolProperty()
    stage: StringProperty()
    fraction: FloatProperty(min=0, max=1)
    error_code: StringProperty()
    error_message: StringProperty()
    error_cure: StringProperty()
    note: StringProperty()
    summary: StringProperty()
    head_name: StringProperty()
    texture_path: StringProperty()
    provenance_path: StringProperty()
    report_path: StringProperty()


CLASSES = (AVATARTEX_Settings, AVATARTEX_Job)


def attach():
    bpy.types.Scene.avatartex = PointerProperty(type=AVATARTEX_Settings)
    bpy.types.WindowManager.avatartex_job = PointerProperty(type=AVATARTEX_Job)


def detach():
    del bpy.types.WindowManager.avatartex_job
    del bpy.types.Scene.avatartex


def find_head(context):
    """The object to texture: the chosen one, else the active mesh, else None."""
    chosen = context.scene.avatartex.head
    if chosen is not None:
        return chosen if chosen.name in context.scene.objects else None
    active = getattr(context, "active_object", None) or context.view_layer.objects.active
    return active if active is not None and active.type == "MESH" else None
