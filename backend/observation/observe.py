"""What the portrait shows of the head, laid out in the atlas."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..head.atlas import AtlasMap, to_atlas
from ..head.eyelids import between_lids, find_bare_eyes
from ..head.mesh import HeadMesh
from ..head.register import Registration
from ..head.scalp import scalp_share
from ..imaging.sample import masked_blur, sample, sample_atlas, to_linear, to_srgb
from ..options import HAIR
from ..portrait.head_hair import find_head_hair
from ..portrait.matte import Matte
from ..prior.light import Light, estimate_light
from ..prior.linear import LinearPrior
from ..prior.studio import even_out
from .beard import Beard, see_beard
from .hair import Hair, continue_hair, find_hair, hair_evidence, without_light

if TYPE_CHECKING:
    from torch import nn

#: Below the chin (canonical -0.38) no landmark holds the registration: confidence fades from here to nothing.
NECK_FROM, NECK_TO = -0.42, -0.58
#: Places err by about so much of the atlas (a hundredth of the face): a crease is not where its shade is reckoned, and
#: finer shade divided out leaves spots beside it, white ones at a mouth's corners.
ERROR = 0.004
#: Hair's last strands, and their shade, reach so far over bare skin, in face heights.
STRANDS = 0.03
#: Confidence, and share of hair, of texels that tell its colour.
TOLD, SURELY = 0.3, 0.9
#: Share of what stands off at which its soft border begins to count, and counts in full.
FAINT = (0.3, 0.8)
#: Said where it is so.
CLOTH = "A hat or scarf is left out, and what it hides is completed: choose Painted, Hats Too as Hair if that is hair."
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
    hair: what the unseen scalp wears. bare: the scalp is to have no hair.
    covered: (S,S) bool, where the head has surface. head_hair: (H,W) 0..1, where the portrait shows the head's hair.
    cloth: what covers the scalp is a hat or a scarf, and is left out.
    evened: (S,S,3) what light that is not smooth was taken out by, linear; None where it was not.
    standing: (H,W) 0..1, where something stands off the skin: hair, glasses, hats; no hands. person: (H,W) 0..1,
        with clothes. Both one pixel where nobody looked. beard: None on shaven faces.
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
    hair: Hair | None
    covered: np.ndarray
    head_hair: np.ndarray
    bare: bool = False
    cloth: bool = False
    evened: np.ndarray | None = None
    standing: np.ndarray = field(default_factory=lambda: np.zeros((1, 1), np.float32))
    person: np.ndarray = field(default_factory=lambda: np.zeros((1, 1), np.float32))
    beard: Beard | None = None

    @property
    def wears_hair(self) -> bool:
        return self.cover is not None

    @property
    def cover(self) -> np.ndarray | None:
        """(S,S) 0..1, how far hair covers each texel; None where it wears none."""
        return None if self.hair is None or self.hair.bare else self.hair.cover

    @property
    def furred(self) -> np.ndarray | None:
        """(S,S) 0..1, how far hair or a beard covers each texel; None where it wears neither."""
        covers = [self.cover, None if self.beard is None else self.beard.worn.cover]
        worn = [cover for cover in covers if cover is not None]
        return np.maximum.reduce(worn) if worn else None

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
    eyes = find_bare_eyes(registration)
    if eyes is not None:
        allowed = allowed * (1 - sample_atlas(eyes, to_atlas(canonical)))
    return pixels, registration.confidence(points, normals, pixels, depth, share) * allowed * held(canonical)


def held(canonical: np.ndarray) -> np.ndarray:
    """(…,) 0..1 how far landmarks hold the registration: not down the neck."""
    return np.clip((canonical[..., 1] - NECK_TO) / (NECK_FROM - NECK_TO), 0, 1)


def observe(
    mesh: HeadMesh,
    layout: AtlasMap,
    registration: Registration,
    portrait: np.ndarray,
    matte: Matte,
    skin_prior: LinearPrior,
    asked: str = HAIR.default,
    drawn: bool = False,
    studio: nn.Module | None = None,
) -> Observation:
    """Scatter the portrait into the atlas, with confidence and without its light.

    Hats and scarves of photographs and paintings are left out, and the scalp below them is bare.

    Args:
        portrait: (H,W,3) float32 sRGB. skin_prior: what skin looks like unlit.
        asked: what becomes of the portrait's hair, of options.HAIR.
        drawn: drawings' hair may have any colour, and their shadows are drawn. studio: takes out the light that is not
            smooth (prior/studio.py); without it that stays.
    """
    shape, bare = portrait.shape[:2], asked == "bare"
    shut = (1 - between_lips(registration, shape)) * (1 - between_lids(registration, shape))
    skin, scalp = _allowed(matte, shut, registration.face_height, bare)
    low = masked_blur(portrait, np.maximum(matte.person, 0.02) * shut, registration.face_height / 60 * 1.3)

    fragments = layout.fragments
    points = fragments.interpolate(mesh.corners(mesh.vertices))
    normals = fragments.interpolate(mesh.corners(registration.normals))
    canonical = fragments.interpolate(mesh.corners(layout.canonical.astype(np.float32)))
    places, confidence = pixel_confidence(registration, (skin, scalp), points.astype(np.float64), normals, canonical)
    confidence = confidence * fragments.covered
    colour = sample(portrait, places)
    bare_confidence = confidence * (1 - scalp_share(canonical))
    light = estimate_light(colour, normals, bare_confidence, skin_prior, registration.camera.rotation)
    around = np.maximum(confidence, 0.01 * fragments.covered)
    smooth = masked_blur(normals, around, ERROR * len(normals))
    smooth = smooth / np.maximum(np.linalg.norm(smooth, axis=-1, keepdims=True), 1e-6)
    shade = light.shade(smooth)
    told = light.trust(shade) * fragments.covered
    unlit, evened = light.remove(colour, shade), None
    scalp_texels = scalp_share(canonical) * fragments.covered
    picture = find_head_hair(matte, registration.targets)
    standing = np.maximum(matte.hair, picture)
    hairy = sample(standing, places)
    cloth = matte.hat and bool(picture.any()) and asked == "keep" and not drawn
    if studio is not None and not drawn:
        evened, sure = even_out(studio, colour, smooth, confidence, light)
        skinned = 1 - hairy * scalp_texels  # hair's gloss is its own
        evened = (1 + skinned[..., None] * (evened - 1)).astype(np.float32)
        unlit = to_srgb(to_linear(colour) / shade[..., None] * evened)
        told = told * (1 + skinned * (sure - 1))
    confidence = confidence * told
    if cloth:
        skin, scalp = _allowed(matte, shut, registration.face_height, True)
        again = pixel_confidence(registration, (skin, scalp), points.astype(np.float64), normals, canonical)[1]
        confidence, picture = again * told, np.zeros_like(picture)
    hair_colour = continue_hair(portrait, picture, places, registration.face_height)
    if hair_colour is not None:
        sure = (confidence * scalp_texels > TOLD) & (sample(picture, places) > SURELY)
        hair_colour = without_light(hair_colour, colour, unlit, sure)
    hair = find_hair(unlit, confidence, hairy, scalp_texels, hair_colour, bare or cloth)
    evidence = hair_evidence(unlit, confidence, hair)
    beard = None
    if matte.beard is not None:
        beard = see_beard(matte.beard, places, unlit, confidence, canonical, fragments.covered)
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
        picture,
        bare,
        cloth,
        evened,
        _certain(standing if matte.rims is None else np.maximum(standing, matte.rims)),
        matte.person,
        beard,
    )


def between_lips(registration: Registration, shape: tuple[int, int]) -> np.ndarray:
    """(H,W) 0..1: teeth and the dark of an open mouth, which no lip may get; nothing where nobody looked."""
    return np.zeros(shape, np.float32) if registration.lips is None else registration.lips.between(shape)


def _allowed(matte: Matte, shut: np.ndarray, face_height: float, bare: bool) -> tuple[np.ndarray, np.ndarray]:
    """(H,W) 0..1 pixels that may become skin, away from hair's last strands, and hair on the scalp; bare: none is.
    shut: (H,W) 0 between the lips, and between lids that are shut on the head."""
    soft = max(1.0, face_height * 0.008)
    near_hair = cv2.GaussianBlur(matte.hair.astype(np.float32), (0, 0), face_height * STRANDS)
    skin = _inner(matte.skin * matte.person, soft) * shut * np.clip(1 - 4 * near_hair, 0, 1)
    return skin, skin if bare else _inner(matte.person, soft)


def _certain(mask: np.ndarray) -> np.ndarray:
    """A mask without the faint border in which the wall shines through."""
    return np.clip((mask - FAINT[0]) / (FAINT[1] - FAINT[0]), 0, 1).astype(np.float32)


def _inner(mask: np.ndarray, soft: float) -> np.ndarray:
    """A mask pulled in and softened by about the given pixels, so that no border pixel counts fully."""
    blurred = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), soft)
    return np.clip(blurred * 2.2 - 1.1, 0, 1)
