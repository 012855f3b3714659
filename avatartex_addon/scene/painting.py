"""Painting the regions with Blender's own texture paint tools, and everything back as it was afterwards."""

from __future__ import annotations

import bpy

from . import versions
from .regions import BRUSH_COLORS, ensure_mask


def begin_painting(context: bpy.types.Context, head: bpy.types.Object, entry) -> None:
    """Enter Texture Paint mode on the mask; what is changed for it is remembered on the head."""
    regions, layer = head.avatartex_regions, context.view_layer
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
    head.data.uv_layers.active = head.data.uv_layers[entry.uv_map]
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
    if regions.active_uv in head.data.uv_layers:
        head.data.uv_layers.active = head.data.uv_layers[regions.active_uv]
    if regions.active is not None and regions.active.name in layer.objects:
        layer.objects.active = regions.active
    shading = find_shading(context)
    if shading is not None and regions.shading == "SOLID" and shading.type == "MATERIAL":
        shading.type = "SOLID"
    for name in ("painting", "mode", "paint_mode", "canvas", "unified", "color", "active_uv", "active", "shading"):
        regions.property_unset(name)


def find_shading(context: bpy.types.Context) -> bpy.types.View3DShading | None:
    space = context.space_data
    return space.shading if space is not None and space.type == "VIEW_3D" else None
