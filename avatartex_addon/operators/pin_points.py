"""Show Registration, and pins without dragging: add, remove, clear."""

import bpy
from bpy.props import EnumProperty

from ..backend.pins import NAMES
from ..jobs.registering import RegistrationJob
from ..scene.head import find_head
from ..scene.image_editor import OVERLAY, show_image
from ..scene.pins import find_pin, is_current, remove_pin, set_pin
from ..scene.redraw import redraw_panels
from .checked import Checked, find_uneditable
from .timed import BackendOperator


class AVATARTEX_OT_show_registration(BackendOperator, bpy.types.Operator):
    """Show in an Image Editor how the head lies on the portrait: look there when eyes or mouth land in the \
wrong place. Nothing is changed"""

    bl_label = "Show Registration"
    bl_options = set()

    def begin(self, context: bpy.types.Context) -> RegistrationJob:
        return RegistrationJob(context)

    def conclude(self, context: bpy.types.Context) -> set[str]:
        self.job.apply(context)
        registration = context.window_manager.avatartex_registration
        show_image(context, OVERLAY)
        redraw_panels()
        if registration.code:
            status = context.window_manager.avatartex_job
            self.report({"WARNING"}, f"{status.error_message} {status.error_cure}")
        else:
            self.report({"INFO"}, registration.sentence)
        return {"FINISHED"}


class PinOperator(Checked):
    """Mixed into an operator that changes the head's pins."""

    needs_registration = needs_pins = False

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        if obstacle := find_uneditable(context):
            return obstacle
        if cls.needs_pins and not find_head(context).avatartex_pins:
            return "There are no pins"
        registration = context.window_manager.avatartex_registration
        if cls.needs_registration and not is_current(registration, find_head(context)):
            return "Press Show Registration first: it shows where the points are"
        return ""


class AVATARTEX_OT_pin_add(PinOperator, bpy.types.Operator):
    """Pin a named point where the last registration has it, on portrait and head; drag it from there"""

    bl_label = "Add Pin"
    needs_registration = True

    point: EnumProperty(
        name="Point",
        description="Which feature of the face",
        items=[(name, label, "") for name, (_, label) in NAMES.items()],
    )

    def act(self, context: bpy.types.Context) -> set[str] | None:
        head, registration = find_head(context), context.window_manager.avatartex_registration
        point = next((point for point in registration.points if point.name == self.point), None)
        if point is None:
            self.report({"WARNING"}, "The backend does not know this point")
            return {"CANCELLED"}
        if find_pin(head, self.point) is not None:
            self.report({"INFO"}, "This point is pinned already")
            return {"CANCELLED"}
        set_pin(
            head,
            self.point,
            tuple(point.xy) if point.has_2d else None,
            head.avatartex.portrait,
            tuple(point.location) if point.has_3d else None,
        )


class AVATARTEX_OT_pin_remove(PinOperator, bpy.types.Operator):
    """Remove the active pin"""

    bl_label = "Remove Pin"
    needs_pins = True

    def act(self, context: bpy.types.Context) -> None:
        head = find_head(context)
        index = min(max(head.avatartex_pin_index, 0), len(head.avatartex_pins) - 1)
        remove_pin(head, head.avatartex_pins[index].name)


class AVATARTEX_OT_pins_clear(PinOperator, bpy.types.Operator):
    """Remove all pins of this head"""

    bl_label = "Clear Pins"
    needs_pins = True

    def act(self, context: bpy.types.Context) -> None:
        find_head(context).avatartex_pins.clear()
