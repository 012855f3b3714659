"""Painting and filling the regions of a head: what is to be made anew, what is to stay."""

import bpy
from bpy.props import EnumProperty

from ..backend.errors import AvatarTexError
from ..core.chore import Parts
from ..scene import painting
from ..scene.head import find_head
from ..scene.images import read_size
from ..scene.redraw import redraw_views
from ..scene.regions import fill_regions, find_result, keep_strokes, store
from ..scene.tile_grid import read_grid
from .checked import Checked, as_text, text_of
from .timed import ChoreOperator

KINDS = (
    ("REDO", "Remake", "What Remake Regions makes anew"),
    ("KEEP", "Keep", "What no later texture changes"),
    ("ERASE", "Erase", "Neither"),
)
SOURCES = (
    ("SELECTED", "Selected Faces", "The faces selected in Edit Mode"),
    ("GENERATED", "Generated", "What neither the photo nor its other side showed"),
    ("ALL", "Everything", "The whole texture"),
)


def find_no_result(context: bpy.types.Context) -> str:
    """Why there is no texture of ours to work on; '' where there is one."""
    try:
        find_result(find_head(context))
    except AvatarTexError as refusal:
        return as_text(refusal)
    return ""


class AVATARTEX_OT_regions_paint(Checked, bpy.types.Operator):
    """Paint with Blender's own brushes on the head, in Texture Paint mode; the texture itself is not painted on"""

    bl_label = "Paint Regions"

    kind: EnumProperty(name="Paint", description="What the brush marks", items=KINDS, options={"SKIP_SAVE"})

    @classmethod
    def description(cls, context: bpy.types.Context, properties) -> str:
        return f"{cls.__doc__}.\n{text_of(KINDS, properties.kind)}"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        head = find_head(context)
        if head is not None and head.avatartex_regions.painting:
            return ""
        if head is not None and (head.name not in context.view_layer.objects or not head.visible_get()):
            return f"'{head.name}' is hidden: it cannot be painted on"
        return find_no_result(context)

    def act(self, context: bpy.types.Context) -> set[str] | None:
        head = find_head(context)
        if not head.avatartex_regions.painting:
            try:
                painting.begin_painting(context, head, find_result(head))
            except AvatarTexError as refusal:
                return self.fail(refusal)
        painting.choose_brush(context, self.kind)
        redraw_views()
        if context.scene.tool_settings.image_paint.brush is None:
            self.report({"WARNING"}, "No brush is chosen: pick one in the asset shelf below")


class AVATARTEX_OT_regions_done(ChoreOperator, bpy.types.Operator):
    """End painting: mode, brush colour and paint settings are put back as they were"""

    bl_label = "Done Painting"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        head = find_head(context)
        return "" if head is not None and head.avatartex_regions.painting else "Nothing is being painted"

    def parts(self, context: bpy.types.Context) -> Parts:
        head = find_head(context)
        painting.end_painting(context, head)
        return keep_strokes(head)

    def conclude(self, context: bpy.types.Context) -> set[str]:
        context.window_manager.avatartex_overlay.show_regions = True
        return {"FINISHED"}


class AVATARTEX_OT_regions_fill(ChoreOperator, bpy.types.Operator):
    """Mark many texels at once: the faces selected in Edit Mode, or all that the portrait does not show"""

    bl_label = "Fill Regions"

    kind: EnumProperty(name="Fill With", description="What is to become of it", items=KINDS)
    source: EnumProperty(name="Where", description="Which part of the texture is marked", items=SOURCES)

    @classmethod
    def description(cls, context: bpy.types.Context, properties) -> str:
        return f"{text_of(SOURCES, properties.source)}: {text_of(KINDS, properties.kind)}"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        return find_no_result(context)

    def parts(self, context: bpy.types.Context) -> Parts:
        return fill_regions(find_head(context), self.kind, self.source)

    def conclude(self, context: bpy.types.Context) -> set[str]:
        context.window_manager.avatartex_overlay.show_regions = True
        redraw_views()
        return {"FINISHED"}


class AVATARTEX_OT_regions_clear(Checked, bpy.types.Operator):
    """Forget all painted regions of this head"""

    bl_label = "Clear Regions"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        head = find_head(context)
        painted = head is not None and head.avatartex_regions.mask is not None
        return "" if painted else "Nothing is painted on this head"

    def act(self, context: bpy.types.Context) -> None:
        regions = find_head(context).avatartex_regions
        store(find_head(context), read_size(regions.mask), regions.uv_map, read_grid(regions.tiles))
        redraw_views()
