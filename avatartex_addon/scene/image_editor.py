"""Where a picture is shown: an Image Editor that is open, else a window of its own."""

from __future__ import annotations

import bpy


def find_editor() -> tuple[bpy.types.Window, bpy.types.Area] | None:
    """The largest Image Editor (no UV Editor) of all windows."""
    areas = [
        (window, area) for window in bpy.context.window_manager.windows for area in window.screen.areas
        if area.ui_type == "IMAGE_EDITOR"
    ]
    return max(areas, key=lambda entry: entry[1].width * entry[1].height, default=None)


def open_editor(context: bpy.types.Context) -> tuple[bpy.types.Window, bpy.types.Area] | None:
    """An Image Editor: one that is open, else a new window's; None without a window."""
    if bpy.app.background or context.window is None:
        return None
    if found := find_editor():
        return found
    before = set(context.window_manager.windows)
    area = context.area or max(context.window.screen.areas, key=lambda a: a.width * a.height)
    with context.temp_override(window=context.window, area=area):
        bpy.ops.screen.area_dupli("INVOKE_DEFAULT")
    opened = next((window for window in context.window_manager.windows if window not in before), None)
    if opened is None:
        return None
    area = opened.screen.areas[0]
    area.ui_type = "IMAGE_EDITOR"
    return opened, area


def show_image(context: bpy.types.Context, name: str) -> tuple[bpy.types.Window, bpy.types.Area] | None:
    """Show an image datablock; the window and area that do, None without a window or without the image."""
    image = bpy.data.images.get(name)
    place = open_editor(context) if image is not None else None
    if place is None:
        return None
    window, area = place
    space = area.spaces.active
    is_new = space.image is None or space.image.size[:] != image.size[:]
    space.image = image
    region = next(region for region in area.regions if region.type == "WINDOW")
    if is_new:
        with context.temp_override(window=window, area=area, region=region):
            bpy.ops.image.view_all(fit_view=True)
    area.tag_redraw()
    return window, area
