"""One question to the backend, from the capture to its answer, in steps that an operator or a loop calls."""

import shutil
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import bpy

from .. import session
from ..backend.errors import AvatarTexError, Cancelled, ErrorCode
from ..backend.messages import STAGES, Answer, Failure, Progress, Stopped
from ..core.chore import Chore, Parts
from ..core.client import Request, State
from ..core.clock import TimeLeft
from ..core.job import HeadJob, JobFiles
from ..preferences import preferences
from ..scene.capture import capture_head
from ..scene.graph import find_colorless
from ..scene.head import find_again, find_job_head, find_uv_map
from ..scene.pins import wire_pins
from ..scene.slots import find_head_slots
from ..scene.thumbnails import forget_previews
from ..setup import preparing

#: Seconds between two looks at the backend. Each takes about 20 microseconds; a bar moves evenly.
INTERVAL = 0.05

#: Called with a stage's label and the share of the job that is done, 0 to 1.
OnProgress = Callable[[str, float], None]


#: Seconds that the last job of a kind took, without the backend's start.
_lasted: dict[tuple, float] = {}


class BackendTask:
    """Captures and asks on creation, listens in `step`; what it does with the answer is its own.

    Blender's data is remembered by name: undo and file loading invalidate references.
    """

    answer: Answer | None = None
    stages = tuple(name for name in STAGES if name not in ("large", "maps"))  # few jobs have these: they show by name
    time_left: TimeLeft | None = None
    files: JobFiles | None = None
    request: Callable[..., Request] | None = None  # as long as it is not sent
    stopping = False

    @property
    def parent(self) -> Path:
        """Below which its files lie."""
        return Path(bpy.app.tempdir)

    @property
    def status(self):
        """Looked up each time: a loaded file brings its own window manager."""
        return bpy.context.window_manager.avatartex_job

    def begin(self, write: Callable[[], Parts]) -> None:
        """Begin to write what the backend is to read into a folder of this task's own; `step` goes on with it.

        Args:
            write: a chore; fields of the request that say where its files are, or nothing.

        Raises:
            AvatarTexError: it cannot be written, or there is no backend and none can be made.
        """
        if preparing.is_due():
            preparing.make_now()
        self.client = session.client()
        self.client.refuse()
        self.name = uuid.uuid4().hex[:12]
        self.chore = Chore(self.prepare(write))

    def prepare(self, write: Callable[[], Parts]) -> Parts:
        try:
            self.files = JobFiles(self.parent, self.name)
            return (yield from write()) or {}
        except OSError as reason:
            raise ErrorCode.OUTPUT_NOT_WRITTEN(
                f"The job's files could not be written ({reason.strerror}).",
                "Free space on the disk of Blender's temporary folder.",
            ) from reason

    def capture(self, head: bpy.types.Object, wanted_uv_map: str, head_group: str, selected_faces: bool) -> None:
        """Begin to write the head, as `begin` does."""
        self.object_name, self.uv_map = head.name, find_uv_map(head, wanted_uv_map)
        self.slots = find_head_slots(head, self.uv_map)
        self.head_group, self.selected_faces = head_group, selected_faces
        self.status.object_name = head.name
        self.begin(self.write_all)

    def capture_job(self, job: HeadJob) -> bpy.types.Object:
        """Begin to write the head of a job, once all is looked at that could stop it; the head."""
        head = find_job_head(job)
        slots = find_head_slots(head, find_uv_map(head, job.uv_map))
        if problem := find_colorless(head, slots):
            raise problem
        self.capture(head, job.uv_map, job.head_group, job.selected_faces)
        return head

    def job_fields(self, head: bpy.types.Object, job: HeadJob) -> dict[str, Any]:
        """The fields that every request for the job's head has."""
        return job.settings() | {
            "portrait": job.portrait,
            "capture": str(self.files.capture),
            "device": preferences().device,
            "report": str(self.files.report),
            "pins": wire_pins(head, job.portrait, job.pins),
            "least_score": job.least_score,
            "further": list(job.further),
        }

    def write_all(self) -> Parts:
        yield from self.write_head(self.find_head())
        return (yield from self.keep_more())

    def write_head(self, head: bpy.types.Object) -> Parts:
        """The capture that the request names."""
        yield from capture_head(self.files.capture, head, self.uv_map, self.slots, self.head_group, self.selected_faces)

    def keep_more(self) -> Parts:
        """Whatever else the backend is to read, as fields of the request."""
        yield from ()

    def find_head(self) -> bpy.types.Object:
        """The head, some time later.

        Raises:
            AvatarTexError: NO_MESH, it is gone.
        """
        return find_again(self.object_name)

    def find_textured(self) -> bpy.types.Object:
        """The head, which an answer is for.

        Raises:
            AvatarTexError: it is gone, or its UV map.
        """
        head = self.find_head()
        if self.uv_map not in head.data.uv_layers:
            raise ErrorCode.NO_UVS(f"The UV map '{self.uv_map}' is gone or renamed.", "Choose another UV map.")
        return head

    def ask(self, kind: type[Request], **fields: Any) -> None:
        """Make and send the request once the files are written; the backend is started when it is not running."""
        self.request = partial(kind, job=self.name, **fields)
        self.status.running, self.status.stage = True, "Starting the backend"

    def send(self) -> None:
        request, self.request = self.request, None
        self.client.generate(request(**self.chore.result))
        if self.client.state is State.BUSY:  # else it has to start first, and its first word begins the count
            self.time_left = self.new_clock()

    def step(self) -> bool:
        """Listen to the backend; whether the answer is there.

        Raises:
            AvatarTexError: the job failed.
            Cancelled: the job was cancelled.
        """
        if self.request is not None:  # nothing was asked yet
            if self.stopping or self.status.cancelling:
                if self.chore.at_work:
                    return False
                raise Cancelled
            if not self.chore.step():
                return False
            self.send()
        for message in self.client.pump():
            match message:
                case Progress():
                    self.show(message)
                case Failure():
                    raise AvatarTexError(message.code, message.message, message.cure)
                case Stopped():
                    raise Cancelled
                case answer if isinstance(answer, Answer):
                    self.answer = answer
        if self.time_left is not None:
            seconds = self.time_left.update(self.status.fraction, time.monotonic())
            self.status.seconds_left = -1.0 if seconds is None else seconds
            if self.answer is not None:
                _lasted[self.kind] = time.monotonic() - self.time_left.started
                self.time_left = None  # a batch keeps its tasks and may ask them again
        return self.answer is not None

    @property
    def kind(self) -> tuple:
        """Jobs of one kind take about the same time."""
        return (type(self).__name__,)

    def show(self, progress: Progress) -> None:
        """Let the panel show how far it is."""
        status = self.status
        status.stage, status.fraction = STAGES.get(progress.stage, progress.stage), progress.fraction
        status.steps = len(self.stages)
        if progress.stage in self.stages:
            status.step = self.stages.index(progress.stage) + 1
        if progress.preview:
            status.preview = progress.preview
        if self.time_left is None:
            self.time_left = self.new_clock()

    def new_clock(self) -> TimeLeft:
        return TimeLeft(time.monotonic(), _lasted.get(self.kind, 0.0))

    def wait(self, on_progress: OnProgress | None = None) -> None:
        """Block until the answer is there; raises as `step` does, and Cancelled for Ctrl-C."""
        try:
            while not self.step():
                if self.request is not None:
                    self.chore.join()
                    continue
                if on_progress is not None:
                    on_progress(self.status.stage, self.status.fraction)
                time.sleep(INTERVAL)
        except KeyboardInterrupt:
            session.close()
            raise Cancelled from None
        finally:
            self.finish()

    def cancel(self) -> None:
        """Ask it to stop; `step` raises Cancelled within two seconds."""
        self.stopping = True
        self.client.cancel()

    def abandon(self) -> None:
        """Nobody will listen any more: another file is being loaded, or the window closes."""
        self.client.drop()
        self.finish()

    def finish(self) -> None:
        """The job is over, in whatever way."""
        session.rest()
        status = self.status
        status.running = status.cancelling = False
        for name in ("stage", "fraction", "step", "seconds_left", "preview"):
            status.property_unset(name)
        forget_previews()
        if self.files is not None:
            shutil.rmtree(self.files.previews, ignore_errors=True)
