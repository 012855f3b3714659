"""Ask for a redraw of what shows a job: the sidebar of 3D views and the preferences."""

import bpy


def redraw_panels() -> None:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions:
                if {"VIEW_3D": "UI", "PREFERENCES": "WINDOW"}.get(area.type) == region.type:
                    region.tag_redraw()


def redraw_views(_settings=None, _context=None) -> None:
    """All 3D views, for what is drawn over the head."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()
