"""People whose portraits are occluded in part, textured as a job does: what is made up there beside what was shown.

An occluder is laid over the portrait before anything is observed, so light, hair and completion know only what stays;
the head is registered to the whole portrait.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import cv2
import numpy as np

from ...compose.compose import Composition, Finish, compose
from ...head.match import Match, match
from ...head.mesh import HeadMesh
from ...job import Completion, Prepared
from ...messages import Generate
from ...models.bundle import Networks
from ...pipeline import observe_portraits
from ...portrait.decode import decode_portrait
from ...request import Job
from ...surface.find import find_details
from ..prepared import complete
from .hidden_parts import part

#: What is occluded in turn. Half leaves the mirror image of everything, the others of little.
PARTS = ("half", "lower", "sides")


@dataclass(frozen=True)
class Textured:
    """A person's job and completion; the name of the occluded part, "" for none."""

    person: str
    part: str
    job: Prepared
    completion: Completion

    def compose(self, size: int) -> Composition:
        """The finished texture and its layers, with the options of a job that asks for nothing."""
        finish = Finish(size, Generate("", "", "").opacities(self.job.style), layers=True)
        [mesh] = self.job.tiles.values()
        details = find_details(self.job, self.completion, size, 0)
        return compose(self.job, mesh, self.completion, replace(finish, details=details))


def textured(path: Path, mesh: HeadMesh, networks: Networks, parts: Sequence[str] = PARTS) -> Iterator[Textured]:
    """One portrait as it is, then with each part occluded.

    Raises:
        AvatarTexError: as a job does.
    """
    portrait, request = decode_portrait(str(path)), Job(Generate("", str(path), "", style="photo"), mesh, networks)
    found = match(mesh, portrait)

    def made(name: str, seen: Match) -> Textured:
        job, _ = observe_portraits(request, seen, portrait, "photo")
        return Textured(path.stem, name, job, complete(job, networks))

    whole = made("", found)
    yield whole
    for name in parts:
        hidden = part(name, path.stem, whole.job.observation.confidence)
        yield made(name, occlude(found, pixels_of(whole.job, hidden)))


def pixels_of(job: Prepared, texels: np.ndarray) -> np.ndarray:
    """(H,W) bool: pixels of the portrait whose nearest visible texel of the atlas is one of (S,S) bool."""
    view = job.views[0]
    shape, visible = view.person.shape, view.visible > 0.02
    column, row = np.moveaxis(view.observation.places[visible].astype(int), -1, 0)
    inside = (column >= 0) & (row >= 0) & (column < shape[1]) & (row < shape[0])
    flags = np.zeros(shape, np.uint8)
    flags[row[inside], column[inside]] = 1 + texels[visible][inside]
    _, labels = cv2.distanceTransformWithLabels(
        (flags == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    nearest = np.zeros(labels.max() + 1, bool)
    nearest[labels[flags > 0]] = flags[flags > 0] == 2
    return nearest[labels]


def occlude(found: Match, pixels: np.ndarray) -> Match:
    """A match whose portrait shows nothing of the person at (H,W) bool pixels."""
    stays = (~pixels).astype(np.float32)
    soft = [one.name for one in fields(found.parse) if isinstance(getattr(found.parse, one.name), np.ndarray)]
    parse = replace(found.parse, **{name: getattr(found.parse, name) * stays for name in soft})
    return replace(found, parse=replace(parse, background=parse.background + pixels))
