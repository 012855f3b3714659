"""What a head remembers: its results, how much of the new texture shows, and what was there before."""

import bpy
from bpy.props import BoolProperty, FloatVectorProperty, IntProperty, PointerProperty, StringProperty

from ..backend.options import REMEMBERED, STYLE
from ..scene.kept_maps import KEPT
from ..scene.layer_store import SLIDERS
from ..scene.memory import part_from_copies
from ..scene.mix import set_mix
from .making import make_list, make_memory, make_pointer, make_slider


class AVATARTEX_PG_result(bpy.types.PropertyGroup):
    """One texture that was made for a head. Its image stays in the file for as long as it is remembered."""

    name: StringProperty(name="Name", description="What you call this result")
    image: PointerProperty(type=bpy.types.Image)
    portrait: StringProperty(subtype="FILE_PATH")
    further: StringProperty(description="Further portraits, one path per line")
    date: StringProperty(description="ISO 8601, local time")
    uv_map: StringProperty()
    slots: StringProperty(description="Numbers of the material slots, by commas")
    provenance: PointerProperty(type=bpy.types.Image, description="Red from the photo, green mirrored, blue generated")
    shares: FloatVectorProperty(size=3, description="Of the head's texels: photo, mirrored, generated")
    hair_color: FloatVectorProperty(
        size=3, description="sRGB of the hair that the portrait shows; black: it shows none"
    )
    summary: StringProperty(description="How it came out, in one line")
    warnings: StringProperty(description="One per line")
    advice: StringProperty(description="Names of the warnings that a button can mend, by spaces")
    redone: BoolProperty(description="Only its red regions were made anew")
    displaced: BoolProperty(description="Its map of heights moves the surface")
    maps_for: FloatVectorProperty(size=len(SLIDERS), description="Opacities of the layers that its maps are of")
    turn: IntProperty(description="Greater than that of all that the head showed earlier")
    favourite: BoolProperty(name="Favourite", description="Keep this result, however many others come")

    def describe(self) -> str:
        """'Photo · seed 3 · 1024 texels · 2026-11-21 14:05'."""
        day, _, hour = self.date.partition("T")
        redone = " · regions remade" if self.redone else ""
        return f"{STYLE.label_of(self.style)} · seed {self.seed}{redone} · {self.size} texels · {day} {hour[:5]}"


class AVATARTEX_PG_compared(bpy.types.PropertyGroup):
    """Object.avatartex_compared; what is put aside for it stands in Object.avatartex_previous."""

    active: BoolProperty(description="The head shows what it had before")


def show_mix(mix, _context) -> None:
    part_from_copies(mix.id_data)
    set_mix(mix.id_data)


class AVATARTEX_PG_mix(bpy.types.PropertyGroup):
    """Object.avatartex_mix."""

    factor: make_slider(
        "Old to New",
        "How much of the new texture shows: 0 what the head had before, 1 the new texture alone. "
        "Both stay in the file, so it can be changed at any time",
        show_mix,
        options=set(),  # not to be animated: it changes the graph, which playback does not
        override={"LIBRARY_OVERRIDABLE"},
    )


class AVATARTEX_PG_previous(bpy.types.PropertyGroup):
    """Object.avatartex_previous: what was in a slot before, for Restore Untouched Head (see scene/apply.py)."""

    slot: IntProperty()
    textured: PointerProperty(type=bpy.types.Material, description="The material whose nodes were changed")
    path: StringProperty(description="Names of the group nodes that lead to those nodes, one per line")
    group: PointerProperty(type=bpy.types.NodeTree, description="The node group that was copied, as it was")
    group_path: StringProperty(description="Names of the group nodes that lead to its node, and the node's own")
    added: StringProperty(description="Names of the nodes that were put behind an output without any, one per line")
    exchanged: BoolProperty(description="A node shows another image")
    node: StringProperty()
    image: PointerProperty(type=bpy.types.Image)
    inserted: BoolProperty(description="Nodes were put in front of an input")
    into_node: StringProperty()
    into_socket: StringProperty()
    from_node: StringProperty()
    from_socket: StringProperty()
    replaced: BoolProperty(description="The slot has another material")
    slot_added: BoolProperty()
    material: PointerProperty(type=bpy.types.Material)
    link: StringProperty(default="DATA")
    aside_material: PointerProperty(type=bpy.types.Material, description="What Compare put aside")
    aside_link: StringProperty()
    aside_image: PointerProperty(type=bpy.types.Image)


for name in KEPT.values():
    AVATARTEX_PG_result.__annotations__[name] = PointerProperty(type=bpy.types.Image)
for option in REMEMBERED:
    AVATARTEX_PG_result.__annotations__[option.name] = make_memory(option)

ATTACHED = (
    (bpy.types.Object, "avatartex_history", make_list(AVATARTEX_PG_result)),
    (bpy.types.Object, "avatartex_compared", PointerProperty(type=AVATARTEX_PG_compared)),
    (bpy.types.Object, "avatartex_mix", make_pointer(AVATARTEX_PG_mix)),
    (bpy.types.Object, "avatartex_previous", make_list(AVATARTEX_PG_previous)),
)
