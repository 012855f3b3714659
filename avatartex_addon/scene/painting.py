"""Painting the regions with Blender's own texture paint tools, and everything back as it was afterwards."""

import bpy

from ..backend.errors import ErrorCode
from . import versions
from .arrays import read_uvs
from .regions import BRUSH_COLORS, MASK_NAME, ensure_mask
from .tile_grid import TileGrid, grid_of


def begin_painting(context: bpy.types.Context, head: bpy.types.Object, entry) -> None:
    """Enter Texture Paint mode on the mask; what is changed for it is remembered on the head.

    Raises:
        AvatarTexError: BAD_REQUEST, tiles cannot be painted on because the mesh has no room for a UV map.
    """
    regions, layer, grid = head.avatartex_regions, context.view_layer, grid_of(entry.image)
    if grid.numbers and (head.data.library is not None or len(head.data.uv_layers) == 8):
        raise ErrorCode.BAD_REQUEST(
            f"'{head.name}' has no room for a UV map to paint in, which tiles need.",
            "Remove one of its UV maps, or fill the regions by selected faces.",
        )
    mask = ensure_mask(head, entry)
    paint = context.scene.tool_settings.image_paint
    unified = versions.unified_paint_settings(context.scene.tool_settings)
    regions.active, regions.active_uv = layer.objects.active, head.data.uv_layers.active.name
    regions.paint_mode, regions.canvas = paint.mode, paint.canvas
    regions.unified, regions.color = unified.use_unified_color, unified.color
    if regions.active is not None and regions.active != head and regions.active.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    layer.objects.active = head
    regions.mode = head.mode
    if grid.numbers:
        add_painted_uv(head, entry.uv_map, grid)
    head.data.uv_layers.active = head.data.uv_layers[regions.painted_uv or entry.uv_map]
    paint.mode, paint.canvas = "IMAGE", mask
    if head.mode != "TEXTURE_PAINT":
        bpy.ops.object.mode_set(mode="TEXTURE_PAINT")
    regions.painting = True
    # in Solid, Texture Paint mode shows its canvas instead of the skin
    shading = find_shading(context)
    regions.shading = shading.type if shading is not None else ""
    if shading is not None and shading.type == "SOLID":
        shading.type = "MATERIAL"
    if context.area is not None and context.area.type == "VIEW_3D":
        bpy.ops.wm.tool_set_by_id(name="builtin.brush")


def add_painted_uv(head: bpy.types.Object, uv_map: str, grid: TileGrid) -> None:
    """A UV map in which the tiles lie side by side, as in the mask; it goes when the painting ends."""
    if head.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    uvs = read_uvs(head.data, uv_map)
    layer = head.data.uv_layers.new(name=MASK_NAME, do_init=False)
    layer.uv.foreach_set("vector", grid.place(uvs).ravel())
    head.avatartex_regions.painted_uv = layer.name


def remove_painted_uv(context: bpy.types.Context, head: bpy.types.Object) -> None:
    name, mode = head.avatartex_regions.painted_uv, head.mode
    if name not in head.data.uv_layers:
        return
    if mode == "EDIT":  # which holds UV maps of its own
        context.view_layer.objects.active = head
        bpy.ops.object.mode_set(mode="OBJECT")
    head.data.uv_layers.remove(head.data.uv_layers[name])
    if mode == "EDIT":
        bpy.ops.object.mode_set(mode=mode)


def choose_brush(context: bpy.types.Context, kind: str) -> None:
    """Let every brush paint this kind, a key of COLORS."""
    unified = versions.unified_paint_settings(context.scene.tool_settings)
    unified.use_unified_color, unified.color = True, BRUSH_COLORS[kind]


def find_brush(context: bpy.types.Context) -> str:
    """The kind that brushes paint now; '' for another colour."""
    unified = versions.unified_paint_settings(context.scene.tool_settings)
    now = tuple(round(value, 3) for value in unified.color)
    return next((kind for kind, color in BRUSH_COLORS.items() if unified.use_unified_color and color == now), "")


def end_painting(context: bpy.types.Context, head: bpy.types.Object) -> None:
    """Leave, and put back what was there; a mode that the artist chose meanwhile stays."""
    regions, layer = head.avatartex_regions, context.view_layer
    if head.mode == "TEXTURE_PAINT" and regions.mode != "TEXTURE_PAINT":
        layer.objects.active = head
        bpy.ops.object.mode_set(mode=regions.mode)
    paint = context.scene.tool_settings.image_paint
    unified = versions.unified_paint_settings(context.scene.tool_settings)
    paint.mode, paint.canvas = regions.paint_mode, regions.canvas
    unified.color, unified.use_unified_color = regions.color, regions.unified
    remove_painted_uv(context, head)
    if regions.active_uv in head.data.uv_layers:
        head.data.uv_layers.active = head.data.uv_layers[regions.active_uv]
    if regions.active is not None and regions.active.name in layer.objects:
        layer.objects.active = regions.active
    shading = find_shading(context)
    if shading is not None and regions.shading == "SOLID" and shading.type == "MATERIAL":
        shading.type = "SOLID"
    regions.reset("mask", "uv_map", "tiles", "trust_portrait")  # these outlast the painting


def find_shading(context: bpy.types.Context) -> bpy.types.View3DShading | None:
    space = context.space_data
    return space.shading if space is not None and space.type == "VIEW_3D" else None
