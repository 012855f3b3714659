"""The registration's pictures, and where they are shown: an Image Editor that is open, else beside the 3D view, else a
window of its own."""

from pathlib import Path

import bpy


def find_editor() -> tuple[bpy.types.Window, bpy.types.Area] | None:
    """The largest Image Editor (no UV Editor) of all windows."""
    areas = [
        (window, area)
        for window in bpy.context.window_manager.windows
        for area in window.screen.areas
        if area.ui_type == "IMAGE_EDITOR"
    ]
    return max(areas, key=lambda entry: entry[1].width * entry[1].height, default=None)


def open_editor(context: bpy.types.Context) -> tuple[bpy.types.Window, bpy.types.Area] | None:
    """An Image Editor: one that is open, else half of the 3D view, else a new window's; None without a window."""
    if bpy.app.background or context.window is None:
        return None
    if found := find_editor():
        return found
    areas = context.window.screen.areas
    # half of it still shows a head beside the sidebar
    views = [area for area in areas if area.type == "VIEW_3D" and area.width >= 900]
    if views and not context.window.screen.show_fullscreen:
        return split_off(context.window, max(views, key=lambda area: area.width))
    return open_window(context, context.area or max(areas, key=lambda area: area.width * area.height))


def split_off(window: bpy.types.Window, area: bpy.types.Area) -> tuple[bpy.types.Window, bpy.types.Area] | None:
    """Half of a 3D view as an Image Editor: portrait and buttons are visible together. The other half keeps its
    sidebar."""
    before = set(window.screen.areas)
    with bpy.context.temp_override(window=window, area=area, region=main_region(area)):
        bpy.ops.screen.area_split(direction="VERTICAL", factor=0.5)
    new = next((other for other in window.screen.areas if other not in before), None)
    if new is None:
        return None
    new.ui_type = "IMAGE_EDITOR"
    return window, new


def open_window(context: bpy.types.Context, area: bpy.types.Area) -> tuple[bpy.types.Window, bpy.types.Area] | None:
    before = set(context.window_manager.windows)
    with context.temp_override(window=context.window, area=area):
        bpy.ops.screen.area_dupli("INVOKE_DEFAULT")
    opened = next((window for window in context.window_manager.windows if window not in before), None)
    if opened is None:
        return None
    area = opened.screen.areas[0]
    area.ui_type = "IMAGE_EDITOR"
    return opened, area


def show_image(context: bpy.types.Context, name: str) -> tuple[bpy.types.Window, bpy.types.Area] | None:
    """Show an image datablock; the window and area that do, None without a window or without the image.

    A picture that comes new into the editor is shown whole, or its face alone where one is known.
    """
    image = bpy.data.images.get(name)
    place = open_editor(context) if image is not None else None
    if place is None:
        return None
    window, area = place
    space = area.spaces.active
    is_new = space.image is None or space.image.size[:] != image.size[:]
    space.image = image
    if is_new:
        with context.temp_override(window=window, area=area, region=main_region(area)):
            bpy.ops.image.view_all(fit_view=True)
        bpy.app.timers.register(zoom_to_face, first_interval=0.1)  # the view counts once it was drawn
    area.tag_redraw()
    return window, area


def main_region(area: bpy.types.Area) -> bpy.types.Region:
    return next(region for region in area.regions if region.type == "WINDOW")


def zoom_to_face() -> None:
    """Zoom the open Image Editor to the face as the last registration registration it."""
    registration, place = bpy.context.window_manager.avatartex_registration, find_editor()
    box = find_face_box(registration)
    if box is None or place is None or not registration.width or not registration.height:
        return
    window, area = place
    region = main_region(area)
    (left, top), (right, bottom) = box
    low = region.view2d.view_to_region(left / registration.width, 1 - bottom / registration.height, clip=False)
    high = region.view2d.view_to_region(right / registration.width, 1 - top / registration.height, clip=False)
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.image.view_zoom_border(
            xmin=round(low[0]), xmax=round(high[0]), ymin=round(low[1]), ymax=round(high[1]), wait_for_input=False
        )


def find_face_box(registration) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Upper left and lower right of the face with room around it, in the portrait's pixels; None where it fills it."""
    places = [point.xy for point in registration.points if point.has_2d]
    if len(places) < 2:
        return None
    low = [min(place[axis] for place in places) for axis in (0, 1)]
    high = [max(place[axis] for place in places) for axis in (0, 1)]
    room = 0.6 * max(high[0] - low[0], high[1] - low[1])  # the hair and the chin's surroundings
    low, high = (low[0] - room, low[1] - room), (high[0] + room, high[1] + room)
    fills = high[1] - low[1] > registration.height and high[0] - low[0] > registration.width
    return None if fills or room <= 0 else (low, high)


#: One each per file: the head over the portrait, and the portrait whose pixels the pins count.
OVERLAY, PICTURE = "AvatarTex Registration", "AvatarTex Portrait"


def load_pictures(registration) -> None:
    """Both pictures as image datablocks; editors that show them show the new ones."""
    for name, path in ((OVERLAY, registration.overlay), (PICTURE, registration.picture)):
        if not path or not Path(path).is_file():
            continue
        image = bpy.data.images.get(name)
        if image is None:
            image = bpy.data.images.load(path, check_existing=False)
            image.name = name
        else:
            image.filepath = path
            image.reload()
