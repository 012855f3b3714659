"""How far a job is: stage, step, time left, and the texture so far."""

import bpy

from ..core.clock import round_seconds
from ..core.idnames import Op
from ..scene.thumbnails import preview
from .sentences import say


def draw_progress(layout: bpy.types.UILayout, job, in_batch: bool = False) -> None:
    column = layout.column(align=True)
    if icon := preview(job.preview):
        column.box().template_icon(icon_value=icon, scale=8)
    text = say("Cancelling" if job.cancelling else job.stage or "Batch")
    row = column.row()
    row.scale_y = 1.3
    row.progress(text=f"{text}  {job.fraction:.0%}" if job.fraction else text, factor=job.fraction)
    if (job.step or job.seconds_left >= 0) and not job.cancelling:
        below = column.split(factor=0.5)
        below.label(text=say("Step {step} of {steps}", step=job.step, steps=job.steps) if job.step else "")
        left = below.row()
        left.alignment = "RIGHT"
        left.label(text=left_text(job.seconds_left, job.fraction))
    if in_batch:
        column.operator(Op.BATCH_CANCEL, icon="CANCEL")
    else:
        column.operator(Op.CANCEL, icon="CANCEL")


def left_text(seconds: float, fraction: float) -> str:
    """'about 12 s left'; '' when it is not known."""
    if seconds < 0:
        return ""
    whole = round_seconds(seconds)
    if whole < 2:
        return say("almost done") if fraction > 0.8 else ""  # before that a second is not believed
    if whole < 90:
        return say("about {seconds} s left", seconds=whole)
    return say("about {minutes} min left", minutes=f"{whole / 60:g}")
