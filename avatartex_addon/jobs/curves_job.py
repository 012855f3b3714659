"""Hair curves from the artist's click to the objects on the head."""

from dataclasses import dataclass, replace

import bpy

from ..backend.messages import Generate
from ..backend.options import GUIDES, PROFILE, refuse_unknown
from ..core.job import HeadJob, summarize
from ..scene.hair_curves import add_curves
from .backend_task import BackendTask


@dataclass(frozen=True)
class HairCurves:
    """What one job made."""

    object: bpy.types.Object  # the head
    curves: tuple[bpy.types.Object, ...]  # of hair, and of facial hair
    warnings: tuple[str, ...]
    summary: str


class CurvesJob(BackendTask):
    """Asks for the strands of the texture that the head shows; changes the scene in `apply` and nowhere else.

    Args:
        job: that texture's own. guides: how many curves, at most.

    Raises:
        AvatarTexError: whatever stops the job before it starts.
    """

    def __init__(self, job: HeadJob, guides: int = GUIDES.default) -> None:
        refuse_unknown({GUIDES.name: guides})
        self.status.reset()
        head = self.capture_job(job)
        asked = replace(job.without_shell(), profile=PROFILE.default)  # strands need no large model
        self.ask(
            Generate,
            **self.job_fields(head, asked),
            output=str(self.files.texture),
            seed=job.seed,
            curves=str(self.files.curves),
            guides=guides,
        )

    def apply(self) -> HairCurves:
        """Put the curves on the head.

        Raises:
            AvatarTexError: when the head is gone or has changed, or there is no hair.
        """
        head = self.find_textured()
        made = add_curves(head, self.uv_map, self.files.curves)
        return HairCurves(head, tuple(made), tuple(self.answer.warnings), summarize(self.files.report))
