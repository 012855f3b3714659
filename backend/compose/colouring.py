"""The colour of every texel that the head fills: portrait, other side, completion and detail, on all cores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..head.atlas import to_atlas
from ..head.mesh import HeadMesh, vertex_normals
from ..imaging.sample import sample_atlas
from ..job import Completion, Prepared
from ..observation.relight import exposed
from ..observation.views import View
from ..surface.detail import Detail
from ..threads import CORES, start_threads
from .photographed import find_shown, photographed, tone_beside
from .texels import Texels

#: Depth inside the head, in face heights: from where no portrait shows it, and over which each channel's light is lost
#: (the inner mouths of training skins: 0.6 of the lips' colour at 0.08, 0.1 at 0.125, black beyond); what remains.
ENCLOSED, FLESH, INNERMOST = 0.01, np.float32([0.10, 0.09, 0.09]), np.float32([0.08, 0.03, 0.03])
#: Canonical height where mouth and nostrils end; what is enclosed above belongs to the eyes and stays bright.
MOUTH_TOP = 0.16
#: Canonical heights between which a neck becomes what is no head: the atlas ends there, and its last rows would be
#: drawn out into streaks over chest and shoulders. Rows and columns of the atlas whose skin that is given instead.
BUST_FROM, BUST_TO, THROAT = -0.55, -0.75, (0.90, 0.97, 0.35, 0.65)
#: Texels of a part: it and what is reckoned with it fit into the processor's cache and little memory.
PART = 1 << 18
#: NumPy and OpenCV let go of Python's lock in their loops.
POOL = start_threads(CORES)


@dataclass(frozen=True)
class Coloured:
    """n texels. colour: (n,3) float32 sRGB. provenance: (n,3) shares of photo, mirrored, generated. atlas: (n,2) where
    they lie in the atlas. height: (n,) canonical. shares: (portraits,n) of each portrait."""

    colour: np.ndarray
    provenance: np.ndarray
    atlas: np.ndarray
    height: np.ndarray
    shares: np.ndarray

    def given(self, where: np.ndarray, weight: np.ndarray | None = None) -> tuple[float, ...]:
        """Mean share of each portrait in the texels of the (n,) mask, times (n,) weights."""
        if not where.any():
            return (0.0,) * len(self.shares)
        return tuple(float((share if weight is None else share * weight)[where].mean()) for share in self.shares)


class Colouring:
    """What all texels of one UDIM tile are coloured from; the arguments are compose()'s."""

    def __init__(
        self, job: Prepared, mesh: HeadMesh, generated: Completion, light: str, made_up: bool, details: Sequence[Detail]
    ) -> None:
        self.mesh, self.light, self.made_up, self.details = mesh, light, made_up, details
        self.views = [View(job.registration, job.observation), *job.further.views]
        self.shown = [find_shown(view) for view in self.views]
        self.gains = [view.gain(generated, light) for view in self.views]
        made = exposed(generated, job.observation, light)
        self.made, self.tone = made.astype(np.float32), tone_beside(self.views, generated, made, light)
        top, bottom, left, right = (round(share * len(made)) for share in THROAT)
        self.neck = np.median(made[top:bottom, left:right].reshape(-1, 3), axis=0).astype(np.float32)
        # at vertices: place, normal, canonical place, depth inside the head, canonical normal
        self.vertices = np.concatenate(
            [
                mesh.vertices,
                job.registration.normals,
                job.canonical,
                job.inside[:, None],
                vertex_normals(mesh, job.canonical),
            ],
            1,
        ).astype(np.float32)

    def colour(self, texels: Texels) -> Coloured:
        """Colour the texels."""
        parts = [slice(first, first + PART) for first in range(0, len(texels.triangle), PART)] or [slice(0)]
        count = len(texels.triangle)
        colour, provenance, atlas, height, shares = (
            np.empty(shape, np.float32)
            for shape in ((count, 3), (count, 3), (count, 2), count, (len(self.views), count))
        )
        done = Coloured(colour, provenance, atlas, height, shares)
        list(POOL.map(lambda part: self._part(texels, part, done), parts))
        return done

    def _part(self, texels: Texels, part: slice, done: Coloured) -> None:
        at = texels.at(self.mesh, self.vertices, part)
        points, normals, place, depth, towards = np.split(at, (3, 6, 9, 10), axis=1)
        depth = np.maximum(depth[:, 0], 0)  # extended beyond a border it may fall below
        atlas = to_atlas(place)
        free = (depth < ENCLOSED) * np.float32(not self.made_up)
        photo = photographed(self.views, self.shown, self.gains, points, normals, place, atlas, self.light, free)
        low = sample_atlas(self.made, atlas, cv2.INTER_CUBIC) + sample_atlas(self.tone, atlas)
        below = np.clip((BUST_FROM - place[:, 1]) / (BUST_FROM - BUST_TO), 0, 1)[:, None]
        low = dim_mouth(low + below * (self.neck - low), depth, place[:, 1])
        low = low * (1 - photo.share[:, None]) + photo.low
        mirrored = photo.mirrored * (1 - photo.high_share)
        colour = np.clip(low + photo.high + photo.mirrored_high * mirrored[:, None], 0, 1)
        missing = np.sqrt(np.maximum(1 - photo.high_share**2 - mirrored**2, 0)) * (depth < ENCLOSED)
        for detail in self.details:
            colour = detail.add(colour, missing, place, towards, atlas)
        done.colour[part], done.atlas[part], done.height[part] = colour, atlas, place[:, 1]
        for channel, share in enumerate((photo.share, photo.mirrored, 1 - photo.share - photo.mirrored)):
            done.provenance[part, channel] = share
        for view, share in enumerate(photo.shares):
            done.shares[view, part] = share


def dim_mouth(colour: np.ndarray, depth: np.ndarray, height: np.ndarray) -> np.ndarray:
    """(n,3) sRGB of texels inside the head: the mouth's inside is no second face, each channel's light is lost there.

    Args:
        depth: (n,) behind the head's shell, in face heights. height: (n,) canonical; above MOUTH_TOP lie the eyes, and
            below the neck shoulders, which shade nothing.
    """
    gloom = depth * np.clip((MOUTH_TOP - height) / 0.04, 0, 1) * np.clip((height - BUST_TO) / 0.1, 0, 1)
    dark = np.flatnonzero(gloom > 0)
    left = np.exp(-((gloom[dark, None] / FLESH) ** 3))
    dimmed = colour.copy()
    dimmed[dark] = colour[dark] * left + INNERMOST * (1 - left)
    return dimmed
