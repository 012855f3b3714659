"""The typed values that flow through a job, one after the other.

Job (request, HeadMesh) and Portrait -> Match (registration) -> Views and Coverings -> Prepared -> Completion ->
Composition.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from .head.match import Match
from .head.mesh import HeadMesh
from .head.register import Registration
from .head.uvs import split_tiles
from .observation.covering import Covering
from .observation.further import Further
from .observation.observe import Observation
from .observation.shell_cover import Shell
from .observation.views import View
from .options import PROFILE, WAY

#: The completed atlas: (S,S,3) float32 sRGB 0..1, S the networks' size, without the portrait's light.
Completion: TypeAlias = np.ndarray


@dataclass(frozen=True)
class Prepared:
    """Everything before stage 1: the head registered to the portrait, and what the portraits show of it.

    views: the portraits, the first one leading. coverings: what covers the skin, from the skin upwards. evidence:
    ((S,S,3), (S,S)) unlit sRGB and confidence, of all portraits, that the networks complete. inside: (N,) depth of
    enclosed vertices behind the head's shell. style: a name of options.STYLE, never auto. further: what the report says
    of the portraits beside the first. advice: stable names of warnings that a button can mend. shell: of what lies off
    the skin, where it was asked for.
    """

    match: Match
    views: tuple[View, ...]
    coverings: tuple[Covering, ...]
    evidence: tuple[np.ndarray, np.ndarray]
    inside: np.ndarray
    style: str
    further: Further
    warnings: list[str]
    advice: list[str]
    shell: Shell | None = None

    @property
    def observation(self) -> Observation:
        """The first portrait's evidence of the skin."""
        return self.views[0].observation

    def covering(self, name: str) -> Covering | None:
        """The one of that name of COVERINGS, where the head has it."""
        return next((one for one in self.coverings if one.name == name), None)

    @cached_property
    def tiles(self) -> dict[int, HeadMesh]:
        """The mesh by UDIM tile, each in 0..1."""
        return split_tiles(self.mesh)

    @property
    def mesh(self) -> HeadMesh:
        return self.match.mesh

    @property
    def canonical(self) -> np.ndarray:
        """(N,3) canonical coordinates of the vertices."""
        return self.match.canonical

    @property
    def registration(self) -> Registration:
        return self.match.registration


@dataclass(frozen=True)
class StageOptions:
    """How a completion is made.

    stages: names of stages.STAGES that run, in this order. seed: same seed, same completion. another: not the
    likeliest completion but a sample of what is possible, by the seed. profile: a name of
    options.PROFILE; all but the first go on from the stages with a large model, in a way of options.WAY, which is shown
    the face, (n,n,3) sRGB, and the job's head.
    """

    stages: tuple[str, ...] = ("inpaint", "mirror", "latent", "repaint")
    seed: int = 0
    another: bool = False
    profile: str = PROFILE.default
    way: str = WAY.default
    face: np.ndarray | None = None
    job: Prepared | None = None
