"""What textures are compared: ours, parts of ours, and baselines, all with the same registration.

Baselines keep the portrait's light, as plain tools do. All but the plain PCA keep what the portrait shows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from ...completing import complete_each, shrink
from ...compose.compose import Composition, Finish, compose
from ...head.atlas import to_atlas
from ...head.rasterize import Fragments, rasterize, texel_corners
from ...head.scalp import scalp_share
from ...head.visibility import facing
from ...imaging.sample import fill_smoothly, sample, sample_atlas
from ...job import Prepared
from ...layers.flatten import OPACITIES, flatten
from ...models.bundle import Networks
from ...observation.covering import shared
from ...observation.observe import at_pixels, visibility
from ...surface.find import find_details
from ..evaluation.fills import fill_by_mirror, push_pull
from ..evaluation.hidden_methods import mean, options_of
from ..pca import complete_plainly

#: Projected where the pipeline itself would trust the portrait at all.
OBSERVED = 0.3
#: Cosines between which Blender's brush fades (Normal Falloff: full to 80 degrees, gone at 85).
FALLOFF = tuple(np.cos(np.radians((85, 80))))
#: Texels of OpenCV's inpainting, which is slow.
TELEA = 256
OURS = "ours"
#: Parts of ours: the stages that run, or layers that differ.
STAGES = {"ours: priors alone": "", "ours: stage 1 alone": "1", "ours: stages 1+2": "1m2"}
LAYERS = {
    "ours: skin alone": dict.fromkeys(OPACITIES, 0.0),
    "ours: without detail": {"detail": 0.0},
    "ours: without hair": {"hair": 0.0, "facial_hair": 0.0},
    "ours: light kept": {"light": 1.0},
}


@dataclass(frozen=True)
class Shown:
    """A job whose portrait is laid into the head's own UV map, (S,S) texels."""

    job: Prepared
    networks: Networks
    size: int

    @cached_property
    def fragments(self) -> Fragments:
        return rasterize(texel_corners(self.job.mesh.corner_uvs, self.size), self.size, self.size)

    def _interpolated(self, values: np.ndarray) -> np.ndarray:
        return self.fragments.interpolate(self.job.mesh.corners(values))

    @cached_property
    def canonical(self) -> np.ndarray:
        return self._interpolated(self.job.canonical)

    @cached_property
    def normals(self) -> np.ndarray:
        return self._interpolated(self.job.registration.normals)

    @cached_property
    def points(self) -> np.ndarray:
        return self._interpolated(self.job.mesh.vertices).astype(np.float64)

    @cached_property
    def _seen(self) -> tuple[np.ndarray, np.ndarray]:
        """(S,S,2) portrait pixels, (S,S) how sure the portrait shows them, whatever covers them."""
        return visibility(self.job.registration, self.points, self.normals, self.canonical)

    @cached_property
    def colour(self) -> np.ndarray:
        """(S,S,3) the portrait's, lit."""
        return sample(self.job.observation.portrait, self._seen[0])

    @cached_property
    def observed(self) -> np.ndarray:
        """(S,S) bool: the head and nothing before it."""
        pixels, sure = self._seen
        covers = shared(self.job.views[0].masks, pixels, scalp_share(self.canonical))
        shown = np.minimum(at_pixels(self.job.observation.mask, pixels) + covers["hair"] + covers["facial_hair"], 1)
        return (sure * shown > OBSERVED) & self.fragments.covered

    @cached_property
    def brushed(self) -> np.ndarray:
        """(S,S) 0..1: what Blender's projection painting would reach from the front of the picture."""
        registration = self.job.registration
        pixels, depth = registration.project(self.points)
        cosine = facing(self.points, self.normals, registration.camera.position)
        away = np.clip((cosine - FALLOFF[0]) / (FALLOFF[1] - FALLOFF[0]), 0, 1)
        inside = ((pixels >= 0) & (pixels < self.job.observation.portrait.shape[1::-1])).all(-1)
        seen = registration.depth.visible(pixels, depth) > 0.5
        return np.float32(away * inside * seen * self.fragments.covered)

    @cached_property
    def evidence(self) -> tuple[np.ndarray, np.ndarray]:
        """The lit atlas and its confidence, at the networks' size: plain methods know nothing of light."""
        places = self.job.observation.places
        return shrink((sample(self.job.observation.portrait, places), self.job.evidence[1]), self.networks.size)

    def of_atlas(self, atlas: np.ndarray) -> np.ndarray:
        """(S,S,3) in the head's UV map."""
        return np.clip(sample_atlas(atlas.astype(np.float32), to_atlas(self.canonical)), 0, 1)


def telea(shown: Shown) -> np.ndarray:
    """OpenCV's inpainting (Telea 2004) in the head's own UV map."""
    side = (min(TELEA, shown.size),) * 2
    weight = cv2.resize(shown.observed.astype(np.float32), side, interpolation=cv2.INTER_AREA)
    total = cv2.resize(shown.colour * shown.observed[..., None], side, interpolation=cv2.INTER_AREA)
    known = weight > 0.5
    picture = np.where(known[..., None], total / np.maximum(weight, 1e-3)[..., None], 0)
    picture = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)  # burnt highlights are brighter than white
    filled = cv2.inpaint(picture, (~known).astype(np.uint8), 3, cv2.INPAINT_TELEA)
    return cv2.resize(filled.astype(np.float32) / 255, (shown.size,) * 2, interpolation=cv2.INTER_LINEAR)


def mirrored(shown: Shown) -> np.ndarray:
    """The other half of the face, and what neither half shows by push-pull."""
    colour, confidence = shown.evidence
    return shown.of_atlas(fill_by_mirror(colour, confidence > OBSERVED))


def pulled(shown: Shown) -> np.ndarray:
    """Push-pull in the head's own UV map."""
    return push_pull(shown.colour, shown.observed.astype(np.float32))


def plain_pca(shown: Shown) -> np.ndarray:
    """24 components, confidence-weighted ridge fit."""
    return shown.of_atlas(complete_plainly(shown.networks, *shown.evidence))


def mean_skin(shown: Shown) -> np.ndarray:
    """The painted skins' mean, brought to the seen skin's tone."""
    return shown.of_atlas(mean(shown.evidence, shown.networks, 0))


def median(shown: Shown) -> np.ndarray:
    return np.broadcast_to(np.median(shown.colour[shown.observed], axis=0), shown.colour.shape)


def kept(fill: Callable[[Shown], np.ndarray]) -> Callable[[Shown], np.ndarray]:
    """What the portrait shows, and a fill for the rest."""
    return lambda shown: np.where(shown.observed[..., None], shown.colour, fill(shown))


def painted(shown: Shown) -> np.ndarray:
    """Projection painting as Blender does it: every texel that faces the picture, whatever is in it, on a base of the
    face's median colour."""
    share = shown.brushed[..., None]
    return shown.colour * share + np.median(shown.colour[shown.brushed > 0.5], axis=0) * (1 - share)


BASELINES: dict[str, Callable[[Shown], np.ndarray]] = {
    "median": kept(median),
    "mean skin": kept(mean_skin),
    "mirror": kept(mirrored),
    "OpenCV": kept(telea),
    "push-pull": kept(pulled),
    "PCA 24": kept(plain_pca),
    "PCA 24 everywhere": plain_pca,
    "projection painting": painted,
}


def textures(shown: Shown, parts: bool) -> Iterator[tuple[str, np.ndarray, float]]:
    """Name, (S,S,3) float32 sRGB and processor's seconds of each method, beside those of registering and observing.

    Args:
        parts: also parts of ours.
    """
    for name, stages in ({OURS: "1m23"} | (STAGES if parts else {})).items():
        begun = time.process_time()
        made = ours(shown, stages)
        yield name, made.texture, time.process_time() - begun
        if name == OURS and parts:
            for layer, opacities in LAYERS.items():
                values = flatten(made.planes, OPACITIES | {"light": 0.0} | opacities)
                yield layer, values.T.reshape(made.texture.shape), 0.0
    for name, fill in BASELINES.items():
        begun = time.process_time()
        picture = fill_smoothly(np.float32(fill(shown)), shown.fragments.covered)
        yield name, picture, time.process_time() - begun


def ours(shown: Shown, stages: str) -> Composition:
    """As a job makes it that takes the light out."""
    [generated] = complete_each(shown.job, shown.networks, [options_of(stages)])
    [mesh] = shown.job.tiles.values()
    details = find_details(shown.job, generated, shown.size, 0)
    return compose(shown.job, mesh, generated, Finish(shown.size, OPACITIES | {"light": 0.0}, details, layers=True))
