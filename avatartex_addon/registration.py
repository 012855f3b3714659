"""One look at the registration, from the artist's click to the overlay, in steps as in generation.py."""

from __future__ import annotations

import uuid
from pathlib import Path

import bpy

from . import session
from .backend.errors import AvatarTexError, Cancelled, ErrorCode
from .backend.messages import STAGES, Failure, Progress, Register, Registered, Stopped
from .core.job import JobFiles
from .scene.capture import write_capture
from .scene.head import find_head, find_head_slot, find_problem, find_uv_map, portrait_path
from .scene.pins import keep_points, portrait_key, wire_pins

#: Image datablocks, one each per file: the head over the portrait, and the portrait whose pixels the pins count.
OVERLAY, PICTURE = "AvatarTex Registration", "AvatarTex Portrait"
#: Seconds between two looks at a backend whose answer nobody waits for.
HEAR = 0.1


class Registration:
    """Captures and asks on creation, listens in `step`, tells the panel in `apply`.

    Raises:
        AvatarTexError: whatever stops the job before it starts.
    """

    def __init__(self, context: bpy.types.Context) -> None:
        self.status.reset()
        if problem := find_problem(context):
            raise problem
        settings, head = context.scene.avatartex, find_head(context)
        self.object_name, self.portrait = head.name, settings.portrait
        self.matrix = head.matrix_world.copy()
        self.answer: Registered | None = None
        self.client = session.client()
        name = uuid.uuid4().hex[:12]
        files = JobFiles.create(Path(bpy.app.tempdir), name)
        try:
            write_capture(
                files.capture, head, find_uv_map(head, settings.uv_map), find_head_slot(head), settings.head_group,
                settings.selected_faces,
            )
        except OSError as reason:
            raise AvatarTexError(
                ErrorCode.OUTPUT_NOT_WRITTEN, f"The job's files could not be written ({reason.strerror}).",
                "Free space on the disk of Blender's temporary folder.",
            ) from reason
        self.client.generate(Register(
            job=name, portrait=portrait_path(settings.portrait), capture=str(files.capture),
            pins=wire_pins(head, settings.portrait), overlay=str(files.folder / "overlay.png"),
            picture=str(files.folder / "portrait.png"),
        ))
        self.status.running, self.status.stage = True, "Starting the backend"

    @property
    def status(self):
        """Looked up each time: a job may outlive the file, and with it the window manager."""
        return bpy.context.window_manager.avatartex_job

    def step(self) -> bool:
        """Listen to the backend; whether the answer is there.

        Raises:
            AvatarTexError: the job failed.
            Cancelled: the job was cancelled.
        """
        for message in self.client.pump():
            match message:
                case Progress():
                    self.status.stage = STAGES.get(message.stage, message.stage)
                    self.status.fraction = message.fraction
                case Registered():
                    self.answer = message
                case Failure():
                    raise AvatarTexError(message.code, message.message, message.cure)
                case Stopped():
                    raise Cancelled
        return self.answer is not None

    def apply(self, context: bpy.types.Context) -> None:
        """Keep the answer for panel and editors. A face that was not found is shown as an error, with its points."""
        answer, told = self.answer, context.window_manager.avatartex_registration
        told.object_name, told.portrait = self.object_name, portrait_key(self.portrait)
        told.overlay, told.picture = answer.overlay, answer.picture
        told.width, told.height = answer.width, answer.height
        told.score, told.coverage, told.sentence = answer.score, answer.coverage, answer.sentence
        told.code = answer.code
        keep_points(told, answer.points, self.matrix)
        load_pictures(told)
        if answer.code:
            self.status.show_error(answer.code, answer.message, answer.cure)

    def cancel(self) -> None:
        self.client.cancel()

    def abandon(self) -> None:
        """Cancel without an operator that waits: the backend's last word is heard by a timer."""
        self.client.cancel()
        self.status.cancelling = True

        def hear() -> float | None:
            try:
                if not self.step():
                    return HEAR
            except (AvatarTexError, Cancelled):
                pass
            self.finish()
            return None

        bpy.app.timers.register(hear, first_interval=HEAR, persistent=True)

    def finish(self) -> None:
        """The job is over, in whatever way."""
        self.status.running = self.status.cancelling = False
        self.status.stage, self.status.fraction = "", 0.0


def load_pictures(told) -> None:
    """Both pictures as image datablocks; editors that show them show the new ones."""
    for name, path in ((OVERLAY, told.overlay), (PICTURE, told.picture)):
        if not path or not Path(path).is_file():
            continue
        image = bpy.data.images.get(name)
        if image is None:
            image = bpy.data.images.load(path, check_existing=False)
            image.name = name
        else:
            image.filepath = path
            image.reload()
