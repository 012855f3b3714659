"""The colour of the portrait's hair, and how its strands lie, for hair objects."""

import bpy

from ..scene.hair_colour import colour_hair, find_hair_objects, lay_strands
from ..scene.head import find_head
from ..scene.history import find_shown_result
from ..scene.shell_object import find_strands
from .checked import Checked


def find_hair_colour(head: bpy.types.Object | None) -> tuple[float, ...]:
    """sRGB of the hair that the shown result's portrait shows; empty where it shows none."""
    shown = find_shown_result(head) if head is not None else None
    hair = tuple(shown.hair_color) if shown is not None else ()
    return hair if any(hair) else ()


class AVATARTEX_OT_colour_hair(Checked, bpy.types.Operator):
    """Give the selected hair the portrait's hair colour and, with a shell, highlights across strands. Images stay"""

    bl_label = "Colour Selected Hair"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        head = find_head(context)
        if not find_hair_colour(head):
            return "The portrait of the shown result shows no hair"
        return "" if find_hair_objects(context, head) else "Select the hair, too: objects beside the head"

    def act(self, context: bpy.types.Context) -> set[str] | None:
        head = find_head(context)
        things = [thing for thing in find_hair_objects(context, head) if thing.is_editable and thing.data.is_editable]
        if not things:
            return self.fail("The selected hair is linked from another file. Make a Library Override of it.")
        for thing in things:
            colour_hair(thing, find_hair_colour(head))
        lie, uv_map = find_strands(head), find_shown_result(head).uv_map
        laid = [thing.name for thing in things if lie is not None and lay_strands(thing, head, uv_map, lie)]
        strands = f". Highlights lie across the strands on {', '.join(laid)}" if laid else ""
        self.report({"INFO"}, f"Coloured {', '.join(thing.name for thing in things)}{strands}")
