"""Object.avatartex_expressions: the expression maps that a head has, and how strong they are."""

# No `from __future__ import annotations` here: Blender evaluates annotations itself.
import bpy
from bpy.props import FloatProperty, PointerProperty, StringProperty

from ..scene.expression_nodes import set_strengths


def show_strengths(maps, _context) -> None:
    set_strengths(maps.id_data)


class AVATARTEX_PG_expressions(bpy.types.PropertyGroup):
    """The group stands between the texture and what it feeds (see scene/expression_nodes.py)."""

    group: PointerProperty(type=bpy.types.NodeTree)
    uv_map: StringProperty()
    folds: FloatProperty(
        name="Folds",
        min=0.0,
        max=2.0,
        default=1.0,
        subtype="FACTOR",
        update=show_strengths,
        description="How deep the folds of expressions are: less for a young face, more for an old one",
    )
    blood: FloatProperty(
        name="Blood",
        min=0.0,
        max=2.0,
        default=1.0,
        subtype="FACTOR",
        update=show_strengths,
        description="How much skin reddens where an expression presses it together, and pales where it stretches it",
    )


ATTACHED = (
    (
        bpy.types.Object,
        "avatartex_expressions",
        PointerProperty(type=AVATARTEX_PG_expressions, override={"LIBRARY_OVERRIDABLE"}),
    ),
)
