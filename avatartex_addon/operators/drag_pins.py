"""Edit Pins: points are dragged over the portrait in an Image Editor, or over the head in a 3D viewport.

Both are modal. Events outside the region and for view navigation go on to Blender. In the Image Editor the registration
follows: after each drag the backend is asked for the overlay anew."""

import bpy
from bpy_extras import view3d_utils
from mathutils import Vector

from ..backend.errors import AvatarTexError, Cancelled
from ..jobs.backend_task import INTERVAL
from ..jobs.registering import RegistrationJob
from ..scene.head import find_head
from ..scene.image_editor import OVERLAY, PICTURE, show_image
from ..scene.pin_editing import PinEditing, draw_points
from ..scene.pins import Point, label
from ..scene.redraw import redraw_panels
from ..session import find_busy
from .pin_points import PinOperator

#: Draw handlers of running sessions: (space type, handle), so that disabling the extension takes them away.
_handles: list[tuple[type, object]] = []


class EditPins(PinOperator):
    """What both operators do alike; they say where a point is drawn and what lies under the pointer."""

    bl_options = set()
    needs_registration = True
    on_head = False
    space = bpy.types.SpaceImageEditor
    help = ""

    def begin(self, context: bpy.types.Context) -> set[str]:
        self.editing = PinEditing(find_head(context), on_head=self.on_head)
        self.area, self.job, self.wants_look = context.area, None, False
        session = self.editing, type(self), context.area
        handle = self.space.draw_handler_add(draw_session, session, "WINDOW", "POST_PIXEL")
        self.handle = (self.space, handle)
        _handles.append(self.handle)
        self.timer = context.window_manager.event_timer_add(INTERVAL, window=context.window)
        context.window_manager.modal_handler_add(self)
        context.workspace.status_text_set(self.help)
        context.area.tag_redraw()
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        region = next((r for r in context.area.regions if r.type == "WINDOW"), None) if context.area else None
        if self.editing.head is None or region is None or not self.is_shown(context):
            return self.end(context, {"CANCELLED"})
        if event.type == "TIMER":
            self.follow(context)
            return {"PASS_THROUGH"}
        x, y = event.mouse_x - region.x, event.mouse_y - region.y
        if self.editing.dragged:
            return self.drag(context, event, region, x, y)
        if not (0 <= x < region.width and 0 <= y < region.height):
            return {"PASS_THROUGH"}
        if event.type == "MOUSEMOVE":
            if self.editing.hover(x, y, lambda point: self.to_region(region, self.data(context), point)):
                context.area.tag_redraw()
            return {"PASS_THROUGH"}
        if event.value == "PRESS":
            return self.press(context, event)
        return {"PASS_THROUGH"}

    def drag(self, context, event, region, x: float, y: float) -> set[str]:
        if event.type == "MOUSEMOVE":
            self.editing.move(self.from_region(context, region, x, y))
        elif event.type == "LEFTMOUSE" and event.value == "RELEASE":
            self.push(self.editing.drop())
        elif event.type in {"ESC", "RIGHTMOUSE"} and event.value == "PRESS":
            self.editing.abort_drag()
        context.area.tag_redraw()
        return {"RUNNING_MODAL"}

    def press(self, context, event) -> set[str]:
        if event.type == "LEFTMOUSE" and self.editing.grab():
            context.area.tag_redraw()
            return {"RUNNING_MODAL"}
        if event.type in {"X", "DEL"} and self.editing.hovered:
            self.push(self.editing.lift())
            context.area.tag_redraw()
            return {"RUNNING_MODAL"}
        if event.type in {"RET", "NUMPAD_ENTER"}:
            return self.end(context, {"FINISHED"})
        if event.type in {"ESC", "RIGHTMOUSE"}:
            self.push(self.editing.abort())
            return self.end(context, {"CANCELLED"})
        return self.other_key(context, event)

    def other_key(self, context, event) -> set[str]:
        return {"PASS_THROUGH"}

    def push(self, step: str) -> None:
        """One undo step; the overlay is to follow."""
        if step:
            bpy.ops.ed.undo_push(message=step)
            self.wants_look = True
            redraw_panels()

    def follow(self, context: bpy.types.Context) -> None:
        """Ask the backend for the registration with the new pins, one question at a time."""
        status = context.window_manager.avatartex_job
        try:
            if self.job is None and self.wants_look and not self.editing.dragged and not find_busy(context):
                self.wants_look = False
                self.job = RegistrationJob(context)
                redraw_panels()
            elif self.job is not None and self.job.step():
                job, self.job = self.job, None
                job.finish()
                job.apply(context)
                context.area.tag_redraw()
                redraw_panels()
        except (AvatarTexError, Cancelled) as end:
            if self.job is not None:
                self.job.finish()
            self.job = None
            if isinstance(end, AvatarTexError):
                status.show_error(end.code, end.message, end.cure)
            redraw_panels()

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator, because another file is loaded or the window closes."""
        self.end(context, {"CANCELLED"})

    def end(self, context: bpy.types.Context, result: set[str]) -> set[str]:
        if self.job is not None:
            self.job.abandon()
            self.job = None
        remove_handle(self.handle)
        context.window_manager.event_timer_remove(self.timer)
        if context.workspace is not None:
            context.workspace.status_text_set(None)
        redraw_panels()
        if context.area is not None:
            context.area.tag_redraw()
        return result

    def is_shown(self, context: bpy.types.Context) -> bool:
        """Whether the area still shows what the points belong to."""
        return True


class AVATARTEX_OT_edit_pins_image(EditPins, bpy.types.Operator):
    """Drag named points over the portrait, in an Image Editor, where eyes or mouth land in the wrong place. \
Full points are pins, hollow ones suggestions"""

    bl_label = "Edit Pins on Portrait"

    help = "Drag: move point    Click: pin it    X: unpin    O: overlay    Enter: done    Esc: cancel"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if context.area is not None and context.area.ui_type == "IMAGE_EDITOR" and self.is_shown(context):
            return self.begin(context)
        place = show_image(context, PICTURE)
        if place is None:
            self.report({"WARNING"}, "There is no window to edit in")
            return {"CANCELLED"}
        window, area = place
        region = next(region for region in area.regions if region.type == "WINDOW")
        with context.temp_override(window=window, area=area, region=region):
            bpy.ops.avatartex.edit_pins_image("INVOKE_DEFAULT")  # from now on with that window's events
        return {"FINISHED"}

    def is_shown(self, context: bpy.types.Context) -> bool:
        image = getattr(context.area.spaces.active, "image", None)
        return image is not None and image.name in (PICTURE, OVERLAY)

    def other_key(self, context, event) -> set[str]:
        if event.type != "O":
            return {"PASS_THROUGH"}
        space = context.area.spaces.active
        space.image = bpy.data.images.get(PICTURE if space.image.name == OVERLAY else OVERLAY) or space.image
        context.area.tag_redraw()
        return {"RUNNING_MODAL"}

    @staticmethod
    def data(context: bpy.types.Context):
        """What to_region needs of the area's space."""
        return None

    @staticmethod
    def to_region(region, _data, point: Point) -> tuple[float, float] | None:
        registration = bpy.context.window_manager.avatartex_registration
        if not (registration.width and registration.height):
            return None
        across, down = point.xy[0] / registration.width, point.xy[1] / registration.height
        return region.view2d.view_to_region(across, 1 - down, clip=False)

    @staticmethod
    def from_region(context, region, x: float, y: float) -> tuple[float, float]:
        registration = context.window_manager.avatartex_registration
        across, up = region.view2d.region_to_view(x, y)
        return across * registration.width, (1 - up) * registration.height


class AVATARTEX_OT_edit_pins_head(EditPins, bpy.types.Operator):
    """Drag named points over the head, in this viewport, where its features are not found. Full points are \
pins, hollow ones suggestions"""

    bl_label = "Edit Pins on Head"

    on_head = True
    space = bpy.types.SpaceView3D
    help = "Drag: move point over the head    Click: pin it    X: unpin    Enter: done    Esc: cancel"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        if context.area is None or context.area.type != "VIEW_3D":
            return "Use it in a 3D viewport"
        return super().find_obstacle(context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return self.begin(context)

    @staticmethod
    def data(context: bpy.types.Context):
        return context.area.spaces.active.region_3d, find_head(context)

    @staticmethod
    def to_region(region, data, point: Point) -> tuple[float, float] | None:
        view, head = data
        if head is None or view is None:
            return None
        return view3d_utils.location_3d_to_region_2d(region, view, head.matrix_world @ Vector(point.location))

    def from_region(self, context, region, x: float, y: float) -> tuple[float, float, float] | None:
        """The point of the evaluated head under the pointer, in object space; None beside the head."""
        view, head = context.area.spaces.active.region_3d, self.editing.head
        origin = view3d_utils.region_2d_to_origin_3d(region, view, (x, y))
        direction = view3d_utils.region_2d_to_vector_3d(region, view, (x, y))
        return hit(head, context.evaluated_depsgraph_get(), origin, direction)


def hit(head: bpy.types.Object, depsgraph, origin, direction) -> tuple[float, float, float] | None:
    """Where a ray in world space meets the evaluated head first, in object space; None through an open eye or mouth."""
    back = head.matrix_world.inverted_safe()
    start = back @ Vector(origin)
    towards = (back.to_3x3() @ Vector(direction)).normalized()
    evaluated = head.evaluated_get(depsgraph)
    found, location, normal, _ = evaluated.ray_cast(start, towards)
    if not found:
        return None
    # the first surface is hit from inside and nothing lies behind it: the back of a head with holes
    if normal.dot(towards) > 0 and not evaluated.ray_cast(location + 1e-4 * max(head.dimensions) * towards, towards)[0]:
        return None
    return tuple(location)


def draw_session(editing: PinEditing, kind: type[EditPins], area: bpy.types.Area) -> None:
    """The draw handler; Blender calls it for every region of the space's type."""
    context = bpy.context
    if context.area != area or editing.head is None:
        return
    region, data, points = context.region, kind.data(context), []
    for point in editing.points():
        place = kind.to_region(region, data, point)
        if place is not None:
            active = point.name in (editing.dragged, editing.hovered)
            points.append((label(point.name), place, point.pinned, active))
    draw_points(points)


def remove_handle(handle: tuple[type, object]) -> None:
    if handle in _handles:
        _handles.remove(handle)
        handle[0].draw_handler_remove(handle[1], "WINDOW")


def unregister() -> None:
    """The extension is disabled: no handler may call into it any more."""
    for handle in list(_handles):
        remove_handle(handle)
