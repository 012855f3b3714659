"""Further pictures of the person that a head shows; kept on the object, in the .blend file."""

# No `from __future__ import annotations` here: Blender evaluates annotations itself.
import bpy
from bpy.props import CollectionProperty, IntProperty, StringProperty

from ..scene import versions


class AVATARTEX_PG_further(bpy.types.PropertyGroup):
    """One further portrait."""

    path: StringProperty(
        name="Further Portrait",
        description="Another picture of the same person, for what the portrait does not show",
        subtype="FILE_PATH",
        options=versions.RELATIVE_PATH_OPTIONS,
    )


ATTACHED = (
    (
        bpy.types.Object,
        "avatartex_further",
        CollectionProperty(type=AVATARTEX_PG_further, override={"LIBRARY_OVERRIDABLE", "USE_INSERTION"}),
    ),
    (
        bpy.types.Object,
        "avatartex_further_index",
        IntProperty(name="Active Further Portrait", override={"LIBRARY_OVERRIDABLE"}),
    ),
)
