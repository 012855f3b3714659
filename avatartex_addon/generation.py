"""One job from the artist's click to the texture on the head, in steps that an operator or a loop calls."""

from __future__ import annotations

import uuid
from pathlib import Path

import bpy

from . import session, versions
from .backend.errors import AvatarTexError, Cancelled, ErrorCode
from .backend.messages import STAGES, Failure, Generate, Progress, Result, Stopped
from .core.job import JobFiles, summarize
from .preferences import preferences
from .scene.apply import apply_texture
from .scene.capture import write_capture
from .scene.graph import find_color_socket, find_color_source, reads_uv_map
from .scene.head import find_head, find_head_slot, find_problem, find_uv_map, portrait_path
from .scene.images import load_result, save_base
from .scene.pins import wire_pins


class Generation:
    """Captures and asks on creation, listens in `step`, changes the scene in `apply` and nowhere else.

    Blender's data is remembered by name: undo and file loading invalidate references.

    Raises:
        AvatarTexError: whatever stops the job before it starts.
    """

    def __init__(self, context: bpy.types.Context, least_score: float = 0.0) -> None:
        self.status = context.window_manager.avatartex_job
        self.status.reset()
        if problem := find_problem(context):
            raise problem
        settings, head = context.scene.avatartex, find_head(context)
        self.client = session.client()
        self.object_name = head.name
        self.uv_map = find_uv_map(head, settings.uv_map)
        self.slot = find_head_slot(head)
        self.result: Result | None = None
        name = uuid.uuid4().hex[:12]
        self.files = JobFiles.create(Path(bpy.app.tempdir), name)
        try:
            write_capture(
                self.files.capture, head, self.uv_map, self.slot, settings.head_group, settings.selected_faces,
            )
            base = save_current_texture(head, self.slot, self.uv_map, self.files.base)
        except OSError as reason:
            raise AvatarTexError(
                ErrorCode.OUTPUT_NOT_WRITTEN, f"The job's files could not be written ({reason.strerror}).",
                "Free space on the disk of Blender's temporary folder.",
            ) from reason
        self.client.generate(Generate(
            job=name, portrait=portrait_path(settings.portrait), output=str(self.files.texture),
            capture=str(self.files.capture), size=int(settings.size), style=settings.style, seed=settings.seed,
            device=preferences().device, base_texture=base, provenance=str(self.files.provenance),
            report=str(self.files.report), pins=wire_pins(head, settings.portrait), least_score=least_score,
        ))
        self.status.running, self.status.stage = True, "Starting the backend"

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

    def apply(self, context: bpy.types.Context) -> None:
        """Put the texture on the head: the job's only change of the scene.

        Raises:
            AvatarTexError: when the head or the texture is gone.
        """
        head = bpy.data.objects.get(self.object_name)
        if head is None or head.type != "MESH":
            raise AvatarTexError(
                ErrorCode.NO_MESH, f"'{self.object_name}' is gone or renamed.", "Generate again.",
            )
        if self.uv_map not in head.data.uv_layers:
            raise AvatarTexError(
                ErrorCode.NO_UVS, f"The UV map '{self.uv_map}' is gone or renamed.", "Generate again.",
            )
        slot = min(self.slot, max(0, len(head.material_slots) - 1))
        try:
            image = load_result(Path(self.result.output), f"{self.object_name} AvatarTex", self.result.tiles)
        except RuntimeError as reason:
            raise AvatarTexError(
                ErrorCode.INTERNAL, f"Blender could not read the texture ({reason}).", "Generate again.",
            ) from reason
        notes = apply_texture(head, slot, self.uv_map, image)
        status = self.status
        status.object_name = self.object_name
        status.texture_path, status.provenance_path = self.result.output, self.result.provenance
        status.advice = " ".join(self.result.advice)
        status.report_path = str(self.files.report)
        status.warnings = "\n".join([*self.result.warnings, *notes])
        status.summary = summarize(self.files.report)

    def cancel(self) -> None:
        self.client.cancel()

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

