"""How much of the new texture shows over what was there; on the object, in the .blend file."""

# No `from __future__ import annotations` here: see properties.py.
import bpy
from bpy.props import FloatProperty, PointerProperty

from .scene.mix import set_mix


def show_mix(mix, _context) -> None:
    set_mix(mix.id_data)


class AVATARTEX_PG_mix(bpy.types.PropertyGroup):
    """Object.avatartex_mix."""

    factor: FloatProperty(
        name="Old to New", min=0.0, max=1.0, default=1.0, subtype="FACTOR", update=show_mix,
        description="How much of the new texture shows: 0 what the head had before, 1 the new texture alone. "
                    "Both stay in the file, so it can be changed at any time",
        options=set(),  # not to be animated: it changes the graph, which playback does not
        override={"LIBRARY_OVERRIDABLE"},
    )


CLASSES = (AVATARTEX_PG_mix,)


def attach() -> None:
    bpy.types.Object.avatartex_mix = PointerProperty(type=AVATARTEX_PG_mix, override={"LIBRARY_OVERRIDABLE"})


def detach() -> None:
    del bpy.types.Object.avatartex_mix
