"""One job from the artist's click to the texture on the head, in steps that an operator or a loop calls."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

import bpy

from . import session, versions
from .backend.errors import AvatarTexError, Cancelled, ErrorCode
from .backend.messages import STAGES, Failure, Generate, Progress, Result, Stopped
from .core.job import HeadJob, JobFiles, summarize
from .preferences import preferences
from .scene.apply import apply_texture
from .scene.capture import write_capture
from .scene.graph import find_color_socket, find_color_source, reads_uv_map
from .scene.head import (
    find_head,
    find_head_slot,
    find_job_head,
    find_problem,
    find_uv_map,
    is_deleted,
    portrait_path,
)
from .scene.history import remember
from .scene.images import load_result, save_base
from .scene.pins import wire_pins


@dataclass(frozen=True)
class Textures:
    """What one job made. The files last until Blender ends; the image is packed into the .blend file."""

    object: bpy.types.Object
    image: bpy.types.Image
    texture: Path               # PNG; with <UDIM> in its name where there are several tiles
    provenance: Path            # PNG, likewise: red from the photo, green mirrored, blue generated
    report: Path                # JSON
    warnings: tuple[str, ...]
    summary: str                # one line


def job_of_settings(context: bpy.types.Context, least_score: float = 0.0) -> HeadJob:
    """What the panel's settings ask for now.

    Args:
        least_score: refuse a registration that scores less.

    Raises:
        AvatarTexError: something is missing.
    """
    if problem := find_problem(context):
        raise problem
    settings = context.scene.avatartex
    return HeadJob(
        find_head(context).name, portrait_path(settings.portrait), settings.uv_map, settings.style,
        int(settings.size), settings.seed, light=settings.light, head_group=settings.head_group,
        selected_faces=settings.selected_faces, least_score=least_score,
    )


class Generation:
    """Captures and asks on creation, listens in `step`, changes the scene in `apply` and nowhere else.

    Blender's data is remembered by name: undo and file loading invalidate references.

    Raises:
        AvatarTexError: whatever stops the job before it starts.
    """

    def __init__(self, job: HeadJob) -> None:
        self.job = job
        self.status.reset()
        head = find_job_head(job)
        self.client = session.client()
        self.uv_map = find_uv_map(head, job.uv_map)
        self.slot = find_head_slot(head)
        self.result: Result | None = None
        name = uuid.uuid4().hex[:12]
        try:
            self.files = JobFiles.create(Path(bpy.app.tempdir), name)
            write_capture(self.files.capture, head, self.uv_map, self.slot, job.head_group, job.selected_faces)
            base = save_current_texture(head, self.slot, self.uv_map, self.files.base)
        except OSError as reason:
            raise AvatarTexError(
                ErrorCode.OUTPUT_NOT_WRITTEN, f"The job's files could not be written ({reason.strerror}).",
                "Free space on the disk of Blender's temporary folder.",
            ) from reason
        self.client.generate(Generate(
            job=name, portrait=job.portrait, output=str(self.files.texture), capture=str(self.files.capture),
            size=job.size, style=job.style, seed=job.seed, light=job.light, device=preferences().device,
            base_texture=base, provenance=str(self.files.provenance), report=str(self.files.report),
            pins=wire_pins(head, job.portrait), least_score=job.least_score,
        ))
        self.status.running, self.status.stage = True, "Starting the backend"

    @property
    def status(self):
        """Looked up each time: a loaded file brings its own window manager."""
        return bpy.context.window_manager.avatartex_job

    def step(self) -> bool:
        """Listen to the backend; whether the result is there.

        Raises:
            AvatarTexError: the job failed.
            Cancelled: the job was cancelled.
        """
        for message in self.client.pump():
            match message:
                case Progress():
                    self.status.stage = STAGES.get(message.stage, message.stage)
                    self.status.fraction = message.fraction
                case Result():
                    self.result = message
                case Failure():
                    raise AvatarTexError(message.code, message.message, message.cure)
                case Stopped():
                    raise Cancelled
        return self.result is not None

    def apply(self) -> Textures:
        """Put the texture on the head: the job's only change of the scene.

        Raises:
            AvatarTexError: when the head or the texture is gone.
        """
        name = self.job.object_name
        head = bpy.data.objects.get(name)
        if head is None or head.type != "MESH" or is_deleted(head):
            raise AvatarTexError(ErrorCode.NO_MESH, f"'{name}' was deleted or renamed.", "Generate again.")
        if self.uv_map not in head.data.uv_layers:
            raise AvatarTexError(
                ErrorCode.NO_UVS, f"The UV map '{self.uv_map}' is gone or renamed.", "Generate again.",
            )
        slot = min(self.slot, max(0, len(head.material_slots) - 1))
        try:
            image = load_result(Path(self.result.output), f"{name} AvatarTex", self.result.tiles)
        except RuntimeError as reason:
            raise AvatarTexError(
                ErrorCode.INTERNAL, f"Blender could not read the texture ({reason}).", "Generate again.",
            ) from reason
        notes = apply_texture(head, slot, self.uv_map, image, self.job.sharing)
        remember(head, image, self.job, self.uv_map, slot, preferences().results_kept)
        made = Textures(
            head, image, Path(self.result.output), Path(self.result.provenance), self.files.report,
            (*self.result.warnings, *notes), summarize(self.files.report),
        )
        self.tell(made)
        return made

    def tell(self, made: Textures) -> None:
        """Let the panel show the result."""
        status = self.status
        status.object_name, status.summary = made.object.name, made.summary
        status.texture_path, status.provenance_path = str(made.texture), str(made.provenance)
        status.report_path, status.warnings = str(made.report), "\n".join(made.warnings)
        status.advice = " ".join(self.result.advice)

    def cancel(self) -> None:
        """Ask it to stop; `step` raises Cancelled within two seconds."""
        self.client.cancel()

    def abandon(self) -> None:
        """Nobody will listen any more: another file is being loaded, or the window closes."""
        self.client.drop()
        self.finish()

    def finish(self) -> None:
        """The job is over, in whatever way."""
        self.status.running = self.status.cancelling = False
        self.status.stage, self.status.fraction = "", 0.0


def save_current_texture(head: bpy.types.Object, slot: int, uv_map: str, stem: Path) -> str:
    """A copy of what is on the head now: texels that the job does not reach keep it. '' when there is nothing."""
    if slot >= len(head.material_slots):
        return ""
    material = head.material_slots[slot].material
    if material is None or not versions.has_nodes(material):
        return ""
    socket = find_color_socket(material)
    source = find_color_source(socket) if socket is not None else None
    if source is None or source.node.image is None or reads_uv_map(source.node, head.data) != uv_map:
        return ""
    return save_base(source.node.image, stem)

