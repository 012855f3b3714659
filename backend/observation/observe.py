"""What a portrait shows of the skin, laid out in the atlas: the evidence that the stages complete."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..head.atlas import AtlasMap, to_atlas
from ..head.mesh import HeadMesh
from ..head.register import Registration
from ..head.scalp import scalp_share
from ..head.visibility import facing
from ..imaging.sample import masked_blur, sample, sample_atlas, to_linear, to_srgb
from ..networks.planes import Network
from ..prior.light import Light, estimate_light
from ..prior.linear import LinearPrior
from ..prior.studio import even_out
from .clipped import restore_clipped
from .reflected import find_reflected, in_hair, light_around, local_share, without_reflection

#: Below the chin (canonical -0.38) no landmark holds the registration: confidence fades from here to nothing.
NECK_FROM, NECK_TO = -0.42, -0.58
#: Confidence from which a texel is the portrait's own: below it an estimate is mixed in.
SURE = 0.3


@dataclass(frozen=True)
class Surface:
    """The registered head at the (S,S) texels of the atlas.

    registration: to the portrait. points: (S,S,3) float64, mesh units. normals: (S,S,3) unit, mesh axes. canonical:
    (S,S,3). covered: (S,S) bool.
    """

    registration: Registration
    points: np.ndarray
    normals: np.ndarray
    canonical: np.ndarray
    covered: np.ndarray

    @classmethod
    def of(cls, mesh: HeadMesh, layout: AtlasMap, registration: Registration) -> Surface:
        points, towards, canonical = (
            layout.fragments.interpolate(mesh.corners(part.astype(np.float32)))
            for part in (mesh.vertices, registration.normals, layout.canonical)
        )
        return cls(registration, points.astype(np.float64), towards, canonical, layout.fragments.covered)

    def look_up(self) -> tuple[np.ndarray, np.ndarray]:
        """(S,S,2) portrait pixels of the texels, and (S,S) 0..1 how well the portrait shows them."""
        pixels, visible = visibility(self.registration, self.points, self.normals, self.canonical)
        return pixels, (visible * self.covered).astype(np.float32)

    def beyond(self, distance: float) -> tuple[np.ndarray, np.ndarray]:
        """(S,S,2) portrait pixels of what lies a distance (mesh units) off the surface, and (S,S) 0..1, how nearly the
        head's outline is there: what sticks out shows beside it."""
        pixels, _ = self.registration.project(self.points + distance * self.normals)
        cosine = facing(self.points, self.normals, self.registration.camera.position)
        # beyond this cosine it is not at the head's outline
        return pixels, (np.clip(1 - np.abs(cosine) / 0.3, 0, 1) * self.covered).astype(np.float32)


@dataclass(frozen=True)
class Observation:
    """Evidence of the skin: what a portrait shows of the head without hair, beard, glasses and hats.

    portrait: (H,W,3) float32 sRGB, without the folds of a smile and what the surface mirrors. low: the same without
    what is finer than an atlas texel of the networks. mask: (H,W) 0..1, pixels that are skin. light: shading by normal.
    places: (S,S,2) portrait pixels per atlas texel. confidence: (S,S) 0..1. unlit: (S,S,3) sRGB, light divided out.
    shade: (S,S) the smooth light that was divided out. evened: (S,S,3) linear gain by which the light that is not
    smooth was taken out; None where it was not. covered: (S,S) bool, where the head has surface.
    """

    portrait: np.ndarray
    low: np.ndarray
    mask: np.ndarray
    light: Light
    places: np.ndarray
    confidence: np.ndarray
    unlit: np.ndarray
    shade: np.ndarray
    covered: np.ndarray
    evened: np.ndarray | None = None

    @property
    def better_side(self) -> float:
        """Over 0 where the portrait shows the half of positive canonical x better."""
        left, right = np.array_split(self.confidence, 2, axis=1)
        return float(right.sum() - left.sum())

    @property
    def exposure(self) -> float:
        """The linear light's mean on the skin: what the picture's exposure makes of everything in it."""
        return mean_light(self.shade, self.confidence * self.covered)


def mean_light(shade: np.ndarray, weight: np.ndarray) -> float:
    """The geometric mean of (S,S) shading by (S,S) weight."""
    return float(np.exp((np.log(shade) * weight).sum() / max(float(weight.sum()), 1e-6)))


def visibility(
    registration: Registration, points: np.ndarray, normals: np.ndarray, canonical: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Portrait pixels (…,2) of surface points, and (…,) 0..1 how well the portrait shows them, whatever covers them."""
    pixels, depth = registration.project(points)
    sure = registration.confidence(points, normals, pixels, depth, scalp_share(canonical)) * held(canonical)
    eyes = registration.lids.bare_eyes()
    sure = sure * (1 - registration.lids.spilt(points, pixels))
    return pixels, sure if eyes is None else sure * (1 - sample_atlas(eyes, to_atlas(canonical)))


def at_pixels(mask: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """(…,) of an (H,W) mask at (…,2) portrait pixels; nothing beside the picture."""
    return sample(mask, pixels, border=cv2.BORDER_CONSTANT)


def held(canonical: np.ndarray) -> np.ndarray:
    """(…,) 0..1 how far landmarks hold the registration: not down the neck."""
    return np.clip((canonical[..., 1] - NECK_TO) / (NECK_FROM - NECK_TO), 0, 1)


def observe(
    surface: Surface,
    portrait: np.ndarray,
    mask: np.ndarray,
    skin_prior: LinearPrior,
    studio: Network | None = None,
    mirrors: bool = True,
    hair: np.ndarray | None = None,
) -> Observation:
    """Scatter the portrait's skin into the atlas, with confidence and without its light.

    Args:
        portrait: (H,W,3) float32 sRGB. mask: (H,W) 0..1, of skin_mask(). skin_prior: what skin looks like unlit.
        studio: takes out the light that is not smooth (prior/studio.py); without it that stays. mirrors: surfaces do,
            in photographs.
    """
    registration = surface.registration
    places, visible = surface.look_up()
    if mirrors:
        portrait = restore_clipped(portrait, mask)
    confidence = visible * at_pixels(mask, places)
    colour = sample(portrait, places)
    bare = confidence * (1 - scalp_share(surface.canonical))
    light = estimate_light(colour, surface.normals, bare, skin_prior, registration.camera.rotation)
    around = np.maximum(confidence, 0.01 * surface.covered)
    # places err by about so much (a hundredth of the face): a crease is not where its shade is estimated, and finer
    # shade divided out leaves spots beside it, white ones at a mouth's corners
    smooth = masked_blur(surface.normals, around, 0.004 * len(around))
    smooth = smooth / np.maximum(np.linalg.norm(smooth, axis=-1, keepdims=True), 1e-6)
    shade = light.shade(smooth)
    trusted = light.trust(shade) * surface.covered
    matte, evened = portrait, None
    if mirrors:
        exposure, sure = mean_light(shade, confidence * trusted), bare * trusted > SURE
        most, sure_skin = find_reflected(colour[sure], shade[sure]), confidence * trusted
        part = local_share(to_linear(colour) / shade[..., None], sure_skin, most)
        around = light_around(shade * part, sure_skin, places, portrait.shape[:2], exposure)
        around = around if hair is None else around * in_hair(portrait, hair, around, most)
        matte = without_reflection(portrait, around, most)
    unlit = light.remove(sample(matte, places), shade)
    if studio is not None:
        evened, sure = even_out(studio, colour, smooth, confidence, light)
        unlit = to_srgb(to_linear(sample(matte, places)) / shade[..., None] * evened)
        trusted = trusted * sure
    return Observation(
        matte,
        low_pass(matte, mask, registration.face_height),
        mask,
        light,
        places.astype(np.float32),
        (confidence * trusted).astype(np.float32),
        unlit,
        shade,
        surface.covered,
        evened,
    )


def low_pass(picture: np.ndarray, mask: np.ndarray, face_height: float) -> np.ndarray:
    """(H,W,3) without what is finer than an atlas texel of the networks, averaged where the (H,W) mask is."""
    return masked_blur(picture, np.maximum(mask, 0.02), face_height / 60 * 1.3)


def skin_mask(skin: np.ndarray, registration: Registration) -> np.ndarray:
    """(H,W) 0..1 pixels that may become skin, of (H,W) 0..1 skin: pulled in from its border, and nothing between the
    lips nor between lids that are shut on the head."""
    shape = skin.shape
    shut = (1 - between_lips(registration, shape)) * (1 - registration.lids.between(shape))
    return pulled_in(skin, registration.face_height) * shut


def between_lips(registration: Registration, shape: tuple[int, int]) -> np.ndarray:
    """(H,W) 0..1: teeth and the dark of an open mouth, which no lip may get; nothing where nobody looked."""
    return np.zeros(shape, np.float32) if registration.lips is None else registration.lips.between(shape)


def pulled_in(mask: np.ndarray, face_height: float) -> np.ndarray:
    """A (H,W) mask pulled in and softened by 0.008 face heights, so that no border pixel counts fully."""
    blurred = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), max(1.0, face_height * 0.008))
    return np.clip(blurred * 2.2 - 1.1, 0, 1)
