"""What a texture would be without the three stages: project with the same registration, fill plainly."""

from __future__ import annotations

import cv2
import numpy as np

from ...completing import shrink
from ...head.atlas import to_atlas
from ...head.rasterize import Fragments
from ...imaging.sample import sample, sample_atlas
from ...job import Prepared
from ...observation.covering import shared
from ...observation.observe import at_pixels, visibility
from ..pca import complete_plainly

#: Projected where the pipeline itself would trust the portrait at all.
OBSERVED = 0.3


def projected(job: Prepared, fragments: Fragments, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(size,size,3) portrait colours, (size,size) bool observed, (size,size,2) atlas coordinates."""
    points = fragments.interpolate(job.mesh.corners(job.mesh.vertices))
    normals = fragments.interpolate(job.mesh.corners(job.registration.normals))
    canonical = fragments.interpolate(job.mesh.corners(job.canonical))
    pixels, sure = visibility(job.registration, points.astype(np.float64), normals, canonical)
    covers = shared(job.views[0].masks, pixels, canonical)
    shown = np.minimum(at_pixels(job.observation.mask, pixels) + covers["hair"] + covers["facial_hair"], 1)
    observed = (sure * shown > OBSERVED) & fragments.covered
    return sample(job.observation.portrait, pixels), observed, to_atlas(canonical)


def fill_by_median(job: Prepared, networks, fragments: Fragments, size: int) -> np.ndarray:
    colour, observed, _ = projected(job, fragments, size)
    return np.where(observed[..., None], colour, np.median(colour[observed], axis=0)).astype(np.float32)


def fill_by_opencv(job: Prepared, networks, fragments: Fragments, size: int) -> np.ndarray:
    """Telea's inpainting in the artist's UV map, at 256 texels (it is slow) and enlarged where nothing was seen."""
    colour, observed, _ = projected(job, fragments, size)
    small = 256
    weight = cv2.resize(observed.astype(np.float32), (small, small), interpolation=cv2.INTER_AREA)
    mean = cv2.resize(colour * observed[..., None], (small, small), interpolation=cv2.INTER_AREA)
    known = weight > 0.5
    picture = np.where(known[..., None], mean / np.maximum(weight, 1e-3)[..., None], 0)
    filled = cv2.inpaint(np.rint(picture * 255).astype(np.uint8), (~known).astype(np.uint8), 3, cv2.INPAINT_TELEA)
    large = cv2.resize(filled.astype(np.float32) / 255, (size, size), interpolation=cv2.INTER_LINEAR)
    return np.where(observed[..., None], colour, large).astype(np.float32)


def lit_observation(job: Prepared, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The observed atlas with its light, and its confidence: a plain PCA knows nothing of light."""
    return shrink((sample(job.observation.portrait, job.observation.places), job.evidence[1]), size)


def plain_pca(job: Prepared, networks, fragments: Fragments, size: int) -> np.ndarray:
    """The PCA's own reconstruction everywhere (24 components, confidence-weighted ridge fit)."""
    _, _, atlas = projected(job, fragments, size)
    fitted = complete_plainly(networks, *lit_observation(job, networks.size))
    return np.clip(sample_atlas(fitted.astype(np.float32), atlas), 0, 1)


def fill_by_pca(job: Prepared, networks, fragments: Fragments, size: int) -> np.ndarray:
    """Projected where seen, the plain PCA elsewhere."""
    colour, observed, _ = projected(job, fragments, size)
    return np.where(observed[..., None], colour, plain_pca(job, networks, fragments, size)).astype(np.float32)


BASELINES = {"median": fill_by_median, "opencv": fill_by_opencv, "pca24": plain_pca, "pca24 fill": fill_by_pca}
