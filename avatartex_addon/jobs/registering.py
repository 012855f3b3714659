"""One look at the registration, from the artist's click to the overlay."""

import bpy

from ..backend.messages import Register
from ..scene.head import find_head, find_problem, portrait_path
from ..scene.image_editor import load_pictures
from ..scene.pins import keep_points, portrait_key, wire_pins
from .backend_task import BackendTask


class RegistrationJob(BackendTask):
    """Asks how the head lies on the portrait; `apply` shows it in the panel.

    Raises:
        AvatarTexError: whatever stops the job before it starts.
    """

    stages = ("load", "portrait", "register")

    def __init__(self, context: bpy.types.Context) -> None:
        self.status.reset()
        if problem := find_problem(context):
            raise problem
        head = find_head(context)
        settings = head.avatartex
        self.portrait = settings.portrait
        self.matrix = head.matrix_world.copy()
        self.capture(head, settings.uv_map, settings.head_group, settings.selected_faces)
        self.ask(
            Register,
            portrait=portrait_path(settings.portrait),
            capture=str(self.files.capture),
            front=settings.front,
            up=settings.up,
            pins=wire_pins(head, settings.portrait),
            overlay=str(self.files.folder / "overlay.png"),
            picture=str(self.files.folder / "portrait.png"),
        )

    def apply(self, context: bpy.types.Context) -> None:
        """Keep the answer for panel and editors. A face that was not found is shown as an error, with its points."""
        answer, registration = self.answer, context.window_manager.avatartex_registration
        registration.object_name, registration.portrait = self.object_name, portrait_key(self.portrait)
        for name in ("overlay", "picture", "width", "height", "score", "coverage", "sentence", "front", "up", "code"):
            setattr(registration, name, getattr(answer, name))
        registration.warnings = "\n".join(answer.warnings)
        keep_points(registration, answer.points, self.matrix)
        load_pictures(registration)
        if answer.code:
            self.status.show_error(answer.code, answer.message, answer.cure)
