"""Generate Texture: one body, modal in a window, blocking in scripts and on the command line."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import bpy

from .. import session
from ..backend import messages
from ..backend.errors import AvatarTexError, ErrorCode
from ..properties import find_head
from ..scene.apply import apply_texture, base_image, check_editable
from ..scene.capture import capture_head, choose_uv_map

#: Seconds between looks at the backend: often enough for a smooth bar, cheap enough not to be felt.
INTERVAL = 0.1
#: File types of an existing texture that the backend reads.
READABLE = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"}


def redraw(context) -> None:
    """The sidebars that show the job, and nothing else."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()


def set_error(job, refusal: AvatarTexError | None) -> None:
    job.error_code = str(refusal.code) if refusal else ""
    job.error_message = refusal.message if refusal else ""
    job.error_cure = refusal.cure if refusal else ""


def prepare_job(context) -> tuple[messages.Generate, int]:
    """Check what the artist set, write the capture: the request and the material slot.

    Raises:
        AvatarTexError: what is missing, and what to do; nothing has been changed.
    """
    settings = context.scene.avatartex
    head = find_head(context)
    if head is None:
        raise AvatarTexError(ErrorCode.NO_MESH, "No head is selected.", "Select the mesh that carries the face.")
    if head.mode != "OBJECT":
        head.update_from_editmode()
    uv_map = choose_uv_map(head, settings.uv_map)
    if not settings.portrait:
        raise AvatarTexError(ErrorCode.PORTRAIT_MISSING, "No portrait is chosen.", "Pick a photograph or drawing of a face.")
    portrait = Path(bpy.path.abspath(settings.portrait))
    if not portrait.is_file():
        raise AvatarTexError(
            ErrorCode.PORTRAIT_MISSING, f"The portrait {portrait.name!r} is not there any more.", "Pick another portrait.",
        )
    name = f"job{time.time_ns()}"
    folder = session.job_folder(name)
    slot = capture_head(context, head, uv_map, folder / "capture.npz")
    check_editable(head, slot)
    base = save_base(base_image(head, slot), folder)
    request = messages.Generate(
        job=name, portrait=str(portrait), output=str(folder / "texture.png"), capture=str(folder / "capture.npz"),
        size=int(settings.size), style=settings.style, seed=settings.seed, base_texture=base,
        provenance=str(folder / "provenance.png"), report=str(folder / "report.json"),
    )
    return request, slot


def save_base(image, folder: Path) -> str:
    """The existing texture as a file that the backend reads, '' when there is none it could."""
    if image is None or image.source == "TILED" or not image.size[0]:
        return ""
    path = Path(bpy.path.abspath(image.filepath, library=image.library)) if image.filepath else None
    if image.packed_file is None and path and path.is_file() and path.suffix.lower() in READABLE and not image.is_dirty:
        return str(path)
    copy = image.copy()
    try:
        copy.filepath_raw = str(folder / "base.png")
        copy.file_format = "PNG"
        copy.save()
    except RuntimeError:  # pixels that were never kept: nothing to keep
        return ""
    finally:
        bpy.data.images.remove(copy)
    return str(folder / "base.png")


class AVATARTEX_OT_generate(bpy.types.Operator):
    bl_idname = "avatartex.generate"
    bl_label = "Generate Texture"
    bl_description = "Make a complete texture for the head from the portrait; Blender stays free meanwhile"
    bl_options = {"REGISTER", "UNDO"}

    _timer = None

    @classmethod
    def poll(cls, context):
        if context.window_manager.avatartex_job.running:
            cls.poll_message_set("A texture is being made already")
            return False
        return True

    def execute(self, context):
        """Blocking, with the progress on stderr."""
        if not self._begin(context):
            return {"CANCELLED"}
        client, last = session.client(), ""
        while True:
            for said in client.pump():
                if isinstance(said, messages.Progress):
                    label = messages.STAGES[said.stage]
                    if label != last:
                        print(f"AvatarTex {said.fraction:4.0%}  {label}", file=sys.stderr, flush=True)
                        last = label
                outcome = self._hear(context, said)
                if outcome:
                    return outcome
            time.sleep(0.02)

    def invoke(self, context, event):
        if bpy.app.background:
            return self.execute(context)
        if not self._begin(context):
            return {"CANCELLED"}
        self._timer = context.window_manager.event_timer_add(INTERVAL, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context, event):
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        for said in session.client().pump():
            outcome = self._hear(context, said)
            if outcome:
                self._end_timer(context)
                return outcome
        return {"PASS_THROUGH"}

    def cancel(self, context):
        """Blender ends modal operators when a file is loaded or it quits."""
        client = session.existing_client()
        if client is not None:
            client.cancel()
        self._end_timer(context)
        context.window_manager.avatartex_job.running = False

    def _begin(self, context) -> bool:
        job = context.window_manager.avatartex_job
        set_error(job, None)
        job.note = job.summary = ""
        try:
            self._request, self._slot = prepare_job(context)
            session.client().submit(self._request)
        except AvatarTexError as refusal:
            self._refuse(context, refusal)
            return False
        job.running, job.stage, job.fraction = True, "Starting the backend", 0.0
        job.head_name = find_head(context).name
        redraw(context)
        return True

    def _hear(self, context, said):
        """One message of the backend; an operator result when it was the last."""
        job = context.window_manager.avatartex_job
        if isinstance(said, messages.Progress):
            job.stage, job.fraction = messages.STAGES[said.stage], said.fraction
            redraw(context)
            return None
        if isinstance(said, messages.Ready):
            return None
        job.running = False
        redraw(context)
        if isinstance(said, messages.Stopped):
            job.note = "Cancelled; nothing was changed."
            self.report({"INFO"}, job.note)
            return {"CANCELLED"}
        if isinstance(said, messages.Failure):
            return self._refuse(context, AvatarTexError(said.code, said.message, said.cure))
        return self._apply(context, job, said)

    def _apply(self, context, job, result: messages.Result):
        head = bpy.data.objects.get(job.head_name)
        if head is None:
            return self._refuse(context, AvatarTexError(
                ErrorCode.NO_MESH, f"The head {job.head_name!r} is gone; its texture was made but not applied.",
                f"It is kept until Blender ends: {result.output}",
            ))
        try:
            uv_map = choose_uv_map(head, context.scene.avatartex.uv_map)
            _, notes = apply_texture(head, self._slot, uv_map, result.output)
        except (AvatarTexError, RuntimeError) as refusal:
            if not isinstance(refusal, AvatarTexError):
                refusal = AvatarTexError(ErrorCode.OUTPUT_NOT_WRITTEN, str(refusal).strip(), "Generate again.")
            return self._refuse(context, refusal)
        job.texture_path, job.provenance_path, job.report_path = result.output, result.provenance, result.report
        job.note = " ".join([*result.warnings, *notes])
        job.summary = summarise(Path(result.report))
        self.report({"INFO"}, f"Texture of {head.name} is done. {job.note}".strip())
        return {"FINISHED"}

    def _refuse(self, context, refusal: AvatarTexError):
        set_error(context.window_manager.avatartex_job, refusal)
        redraw(context)
        # ERROR makes a script's call raise, with the sentence the panel shows
        self.report({"ERROR"}, f"{refusal.message} {refusal.cure}")
        return {"CANCELLED"}

    def _end_timer(self, context):
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None


def summarise(report: Path) -> str:
    """One line of the report for the panel."""
    try:
        body = json.loads(report.read_text())
    except (OSError, ValueError):
        return ""
    return (f"{body['seconds']['total']:.0f} s, {body['style']['found']}, {body['texels']['photo']:.0%} from the portrait, "
            f"landmarks {body['landmarks']['error_px']:.1f} px off")


class AVATARTEX_OT_cancel(bpy.types.Operator):
    bl_idname = "avatartex.cancel"
    bl_label = "Cancel"
    bl_description = "Stop making the texture; nothing is changed"

    @classmethod
    def poll(cls, context):
        return context.window_manager.avatartex_job.running

    def execute(self, context):
        session.client().cancel()
        context.window_manager.avatartex_job.stage = "Cancelling"
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_generate, AVATARTEX_OT_cancel)
