"""A request at work, with all that it asks for: what travels from the pipeline's beginning to its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .compose.regions import Regions
from .compose.stage_pictures import StagePictures
from .head.mesh import HeadMesh
from .messages import Expressions, Generate, Variants
from .prior.linear import LinearPrior
from .progress import Step, no_step

if TYPE_CHECKING:
    from .models.bundle import Networks


@dataclass(frozen=True)
class Job:
    """One request at work: it travels whole.

    settings: the request. networks: those that are loaded. step: its progress, which ends a cancelled job. pictures:
    one per step, where they were asked for. regions: what the artist painted. skins: what skins look like for the
    registration; the shipped prior where it is None.
    """

    settings: Generate | Variants | Expressions
    mesh: HeadMesh
    networks: Networks
    step: Step = field(default=no_step)
    pictures: StagePictures | None = None
    regions: Regions | None = None
    skins: LinearPrior | None = None
