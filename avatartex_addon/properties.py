"""What the artist sets, what a job tells, and what an object remembers."""

# No `from __future__ import annotations` here: Blender evaluates annotations itself, and a comprehension in a string
# does not see this module's names.
import bpy
from bpy.props import (
    BoolProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from . import versions
from .backend.messages import HAIRS, LIGHTS, SIZES, STYLES

STYLE_TEXTS = {
    "auto": ("Automatic", "Tell the style from the portrait"),
    "photo": ("Photo", "A photograph, or a realistic rendering"),
    "cartoon": ("Cartoon", "A drawn or rendered cartoon character"),
    "anime": ("Anime", "Flat colours and drawn outlines"),
    "painting": ("Painting", "Visible brush strokes"),
}
LIGHT_TEXTS = {
    "keep": ("Keep", "The photographed pixels stay exactly as they are"),
    "even": ("Even Out", "Half of the light and shade is taken out"),
    "remove": ("Remove", "Light and shade are taken out, for a scene that is lit by itself"),
}
HAIR_TEXTS = {
    "keep": ("Painted", "The portrait's hair is painted on the scalp"),
    "bare": ("Bare Scalp", "Skin on the scalp, for a head that gets hair of its own"),
}
SIZE_TEXTS = {512: "Draft", 1024: "1K", 2048: "2K", 4096: "4K"}


def is_mesh(_settings, candidate: bpy.types.Object) -> bool:
    return candidate.type == "MESH"


class AVATARTEX_PG_settings(bpy.types.PropertyGroup):
    """Scene.avatartex: saved with the scene."""

    head: PointerProperty(
        type=bpy.types.Object, name="Head", poll=is_mesh,
        description="The mesh that gets the texture; the active mesh when empty",
    )
    uv_map: StringProperty(
        name="UV Map", description="The UV map to texture; the one that renders show when empty. It is never changed",
    )
    head_group: StringProperty(
        name="Head Faces",
        description="The vertex group of the faces to texture, for a head that is part of a body; found "
                    "automatically when empty",
    )
    selected_faces: BoolProperty(
        name="Only Selected Faces", description="Texture the faces that are selected in Edit Mode, and no others",
    )
    portrait_image: PointerProperty(
        type=bpy.types.Image, description="The image of this file that the portrait was written from",
    )
    portrait: StringProperty(
        name="Portrait", description="One picture of a face: a photograph, a painting or a drawing",
        subtype="FILE_PATH", options=versions.RELATIVE_PATH_OPTIONS,
    )
    style: EnumProperty(
        name="Style",
        description="What the portrait looks like; guides what it does not show. Choose where Automatic is "
                    "mistaken",
        items=[(style, *STYLE_TEXTS[style]) for style in STYLES], default="auto",
    )
    size: EnumProperty(
        name="Size", description="Width and height of the texture: Draft to try things out, 4K for close-ups",
        items=[(str(size), SIZE_TEXTS[size], f"{size} x {size} texels") for size in SIZES], default="1024",
    )
    light: EnumProperty(
        name="Light",
        description="What becomes of the portrait's light on the texture: kept for a likeness, removed for a "
                    "scene with lights of its own",
        items=[(light, *LIGHT_TEXTS[light]) for light in LIGHTS], default="keep",
    )
    hair: EnumProperty(
        name="Hair", description="What becomes of the portrait's hair",
        items=[(hair, *HAIR_TEXTS[hair]) for hair in HAIRS], default="keep",
    )
    seed: IntProperty(
        name="Seed", min=0, default=0,
        description="Same seed, same texture. Another one makes anew what the portrait does not show",
    )


class AVATARTEX_PG_job(bpy.types.PropertyGroup):
    """WindowManager.avatartex_job: the running or the last job. Not undone, not meant to be saved."""

    running: BoolProperty()
    cancelling: BoolProperty()
    stage: StringProperty(description="Label of the running stage")
    fraction: FloatProperty(min=0, max=1, description="Of the whole job")
    step: IntProperty(description="Which stage it is, from 1 on; 0 before the first")
    steps: IntProperty(description="Stages of the whole job")
    seconds_left: FloatProperty(default=-1, description="-1: not known yet")
    preview: StringProperty(description="File of the texture so far, small")
    error_code: StringProperty()
    error_message: StringProperty()
    error_cure: StringProperty()
    warnings: StringProperty(description="One per line")
    advice: StringProperty(description="Names of the warnings that a button can mend, by spaces")
    summary: StringProperty(description="The last result in one line")
    object_name: StringProperty(description="The head of the last result")
    texture_path: StringProperty()
    provenance_path: StringProperty()
    report_path: StringProperty()

    def reset(self) -> None:
        for name in self.bl_rna.properties.keys():
            if name not in {"rna_type", "name"}:
                self.property_unset(name)

    def show_error(self, code: str, message: str, cure: str) -> None:
        self.error_code, self.error_message, self.error_cure = str(code), message, cure


class AVATARTEX_PG_previous(bpy.types.PropertyGroup):
    """Object.avatartex_previous: what was there before, for Restore Previous Texture (see scene/apply.py)."""

    textured: PointerProperty(type=bpy.types.Material, description="The material whose nodes were changed")
    exchanged: BoolProperty(description="A node shows another image")
    node: StringProperty()
    image: PointerProperty(type=bpy.types.Image)
    inserted: BoolProperty(description="Nodes were put in front of an input")
    into_node: StringProperty()
    into_socket: StringProperty()
    from_node: StringProperty()
    from_socket: StringProperty()
    replaced: BoolProperty(description="The slot has another material")
    slot: IntProperty()
    slot_added: BoolProperty()
    material: PointerProperty(type=bpy.types.Material)
    link: StringProperty(default="DATA")


CLASSES = (AVATARTEX_PG_settings, AVATARTEX_PG_job, AVATARTEX_PG_previous)


def attach() -> None:
    bpy.types.Scene.avatartex = PointerProperty(type=AVATARTEX_PG_settings)
    bpy.types.WindowManager.avatartex_job = PointerProperty(type=AVATARTEX_PG_job)
    bpy.types.Object.avatartex_previous = PointerProperty(type=AVATARTEX_PG_previous)


def detach() -> None:
    del bpy.types.Object.avatartex_previous
    del bpy.types.WindowManager.avatartex_job
    del bpy.types.Scene.avatartex
