"""What the portrait shows of the head, laid out in the atlas."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..head.atlas import AtlasMap
from ..head.mesh import HeadMesh
from ..head.register import Registration
from ..head.scalp import scalp_share
from ..imaging.sample import masked_blur, sample
from ..portrait.matte import Matte
from ..prior.light import Light, estimate_light
from ..prior.linear import LinearPrior
from .hair import find_tone, hair_evidence

#: Below the chin (canonical -0.38) no landmark holds the registration: confidence fades from here to nothing.
NECK_FROM, NECK_TO = -0.42, -0.58
#: Hair's last strands reach so far, in face heights, over skin that is to be bare.
STRANDS = 0.03
#: Texels of the layout for which places in the portrait are kept.
PLACES = 512


@dataclass(frozen=True)
class Observation:
    """The portrait seen from the head.

    portrait: (H,W,3) float32 sRGB. low: the same without what is finer than an atlas texel of the networks.
    allowed_skin, allowed_scalp: (H,W) 0..1, pixels that may become skin, or hair on the scalp.
    light: shading by normal; light.shade(normals) divides out.
    places: (S,S,2) portrait pixels per atlas texel. confidence: (S,S) 0..1. unlit: (S,S,3) sRGB, light divided out.
    shade: (S,S) the light that was divided out.
    evidence: ((S,S,3), (S,S)) what the networks see: unlit and confidence, with hair continued over the scalp.
    hairy: (S,S) 0..1, the matte's hair where observed. scalp: (S,S) 0..1, the share of scalp of each texel.
    hair: what find_tone() found for the unseen scalp. bare: the scalp is to have no hair.
    covered: (S,S) bool, where the head has surface.
    """

    portrait: np.ndarray
    low: np.ndarray
    allowed_skin: np.ndarray
    allowed_scalp: np.ndarray
    light: Light
    places: np.ndarray
    confidence: np.ndarray
    unlit: np.ndarray
    shade: np.ndarray
    evidence: tuple[np.ndarray, np.ndarray]
    hairy: np.ndarray
    scalp: np.ndarray
    hair: tuple[np.ndarray, np.ndarray] | None
    covered: np.ndarray
    bare: bool = False

    @property
    def wears_hair(self) -> bool:
        return self.hair is not None and not self.bare

    @property
    def better_side(self) -> float:
        """Over 0 where the portrait shows the half of positive canonical x better."""
        left, right = np.array_split(self.confidence, 2, axis=1)
        return float(right.sum() - left.sum())


def pixel_confidence(
    registration: Registration,
    observation_masks: tuple[np.ndarray, np.ndarray],
    points: np.ndarray,
    normals: np.ndarray,
    canonical: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Portrait places (…,2) and confidence (…,) of surface points: geometry times what the pixel may become."""
    pixels, depth = registration.project(points)
    skin, scalp = (sample(mask, pixels, border=cv2.BORDER_CONSTANT) for mask in observation_masks)
    share = scalp_share(canonical)
    allowed = skin * (1 - share) + np.maximum(skin, scalp) * share
    held = np.clip((canonical[..., 1] - NECK_TO) / (NECK_FROM - NECK_TO), 0, 1)
    return pixels, registration.confidence(points, normals, pixels, depth, share) * allowed * held


def observe(
    mesh: HeadMesh,
    layout: AtlasMap,
    registration: Registration,
    portrait: np.ndarray,
    matte: Matte,
    skin_prior: LinearPrior,
    bare: bool = False,
) -> Observation:
    """Scatter the portrait into the atlas, with confidence and without its light.

    Args:
        portrait: (H,W,3) float32 sRGB. skin_prior: what skin looks like unlit.
        bare: the portrait's hair does not go onto the scalp, skin does.
    """
    soft = max(1.0, registration.face_height * 0.008)
    skin = _inner(matte.skin * matte.person, soft)
    if bare:
        near_hair = cv2.GaussianBlur(matte.hair.astype(np.float32), (0, 0), registration.face_height * STRANDS)
        skin = skin * np.clip(1 - 4 * near_hair, 0, 1)
    scalp = skin if bare else _inner(matte.person, soft)
    low = masked_blur(portrait, np.maximum(matte.person, 0.02), registration.face_height / 60 * 1.3)

    fragments = layout.fragments
    points = fragments.interpolate(mesh.corners(mesh.vertices))
    normals = fragments.interpolate(mesh.corners(registration.normals))
    canonical = fragments.interpolate(mesh.corners(layout.canonical.astype(np.float32)))
    places, confidence = pixel_confidence(registration, (skin, scalp), points.astype(np.float64), normals, canonical)
    confidence = confidence * fragments.covered
    colour = sample(portrait, places)
    bare_confidence = confidence * (1 - scalp_share(canonical))
    light = estimate_light(colour, normals, bare_confidence, skin_prior, registration.camera.rotation)
    shade = light.shade(normals)
    confidence = confidence * light.trust(shade)
    unlit = light.remove(colour, shade)
    scalp_texels = scalp_share(canonical) * fragments.covered
    hairy = sample(matte.hair, places)
    hair = find_tone(unlit, confidence, hairy, scalp_texels, bare)
    evidence = hair_evidence(unlit, confidence, hair)
    return Observation(
        portrait,
        low,
        skin,
        scalp,
        light,
        places.astype(np.float32),
        confidence.astype(np.float32),
        unlit,
        shade,
        evidence,
        hairy,
        scalp_texels,
        hair,
        fragments.covered,
        bare,
    )


def _inner(mask: np.ndarray, soft: float) -> np.ndarray:
    """A mask pulled in and softened by about the given pixels, so that no border pixel counts fully."""
    blurred = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), soft)
    return np.clip(blurred * 2.2 - 1.1, 0, 1)
