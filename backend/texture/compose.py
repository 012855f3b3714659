"""The finished texture in the artist's UV map: portrait where it is good, mirrored detail, generated for the rest.

Two bands: what an atlas texel of the networks can hold (low) and what is finer (high). Where confidence is 1 both
come from the portrait and its pixels are kept exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..head.atlas import to_atlas
from ..head.mesh import HeadMesh, vertex_normals
from ..head.rasterize import rasterize, texel_corners
from ..head.register import Registration
from ..head.uvs import precedence
from .detail import Detail
from .observe import Observation, pixel_confidence
from .relight import relighting, relit
from .sample import sample, sample_atlas, spread
from .texels import find_texels

#: How far the tone of the lit portrait fades into generated skin beside it, as shares of the atlas.
TONE_REACH = (0.015, 0.05, 0.12)
#: Texels below the atlas (neck, body) fade to the base texture over this share of its height.
NECK_FADE = 0.06
#: Depth inside the head, in face heights: from where no portrait shows it, and over which each channel's light is lost
#: (the inner mouths of training skins: 0.6 of the lips' colour at 0.08, 0.1 at 0.125, black beyond); what remains.
ENCLOSED, FLESH, INNERMOST = 0.01, np.float32([0.10, 0.09, 0.09]), np.float32([0.08, 0.03, 0.03])
#: Canonical height where mouth and nostrils end; what is enclosed above belongs to the eyes and stays bright.
MOUTH_TOP = 0.16
#: Canonical heights between which the neck of a textured body fades to what is on it.
NECK_LOW, NECK_HIGH = -0.80, -0.60
#: Texels that islands grow by when the rest of the texture must stay as it was.
MARGIN = 8


@dataclass(frozen=True)
class Composition:
    """texture: (S,S,3) float32 sRGB. provenance: (S,S,3) shares of photo, mirrored, generated. head: (S,S) bool.

    filled: (S,S) bool, texels of the head's islands with their rims. atlas: (n,2) where those n lie in the atlas.
    """

    texture: np.ndarray
    provenance: np.ndarray
    head: np.ndarray
    filled: np.ndarray
    atlas: np.ndarray


def compose(
    mesh: HeadMesh, canonical: np.ndarray, registration: Registration, observation: Observation,
    generated: np.ndarray, size: int, base: np.ndarray | None = None, inside: np.ndarray | None = None,
    light: str = "keep", made_up: bool = False, details: Sequence[Detail] = (),
) -> Composition:
    """Compose the texture at full size.

    Args:
        canonical: (N,3) canonical coordinates of the vertices. generated: (a,a,3) sRGB atlas of the three stages,
            without light. size: texels. base: (size,size,3) sRGB that texels outside the head keep.
        inside: (N,) depth of enclosed vertices behind the head's shell (head/enclosed.py).
        light: what becomes of the portrait's light, a name of messages.LIGHTS.
        made_up: no texel comes from the portrait. details: for skin and hair that do not.
    """
    texels = find_texels(mesh, size, lambda: precedence(mesh, canonical, observation.better_side))
    head, filled = texels.covered, texels.filled
    points, normals = texels.at(mesh, mesh.vertices), texels.at(mesh, registration.normals)
    place = texels.at(mesh, canonical)
    atlas = to_atlas(place)
    masks = observation.allowed_skin, observation.allowed_scalp
    pixels, confidence = pixel_confidence(registration, masks, points.astype(np.float64), normals, place)
    confidence = confidence * observation.light.trust(observation.light.shade(normals))
    confidence = _full(confidence)
    depth = texels.at(mesh, (np.zeros(len(canonical)) if inside is None else inside)[:, None])[:, 0]
    depth = np.maximum(depth, 0)  # extended beyond a border it may fall below
    confidence = confidence * (depth < ENCLOSED)
    confidence = confidence * (not made_up)

    # portrait, both bands
    photo = sample(observation.portrait, pixels, cv2.INTER_CUBIC)
    photo_low = sample(observation.low, pixels)
    gain = relighting(observation, generated, light)
    if gain is not None:
        here = sample_atlas(gain, atlas)
        photo, photo_low = relit(photo, here), relit(photo_low, here)
    # the other side of the face, where this one was not seen
    flipped = np.stack([1 - atlas[:, 0], atlas[:, 1]], -1)
    mirrored = _full(sample_atlas(observation.confidence, flipped)) * (1 - confidence)
    valid_places = (observation.confidence > 0.02).astype(np.float32)
    share = sample_atlas(valid_places, flipped)
    other = sample_atlas(observation.places * valid_places[..., None], flipped) / np.maximum(share, 1e-3)[:, None]
    mirrored_high = sample(observation.portrait, other, cv2.INTER_CUBIC) - sample(observation.low, other)
    mirrored *= (share > 0.99) & (depth < ENCLOSED) & (not made_up)

    tone = _tone_beside_photo(observation, generated, gain)
    low = sample_atlas(generated.astype(np.float32), atlas, cv2.INTER_CUBIC) + sample_atlas(tone, atlas)
    gloom = depth * np.clip((MOUTH_TOP - place[:, 1]) / 0.04, 0, 1)
    light = np.exp(-((gloom[:, None] / FLESH) ** 3))
    low = low * light + INNERMOST * (1 - light)  # the mouth's inside is no second face
    low = low * (1 - confidence[:, None]) + photo_low * confidence[:, None]
    high_share = np.clip(1.5 * confidence, 0, 1)
    high = (photo - photo_low) * high_share[:, None] + mirrored_high * (mirrored * (1 - high_share))[:, None]
    colour = np.clip(low + high, 0, 1)
    if details:
        missing = np.sqrt(np.maximum(1 - high_share**2 - (mirrored * (1 - high_share)) ** 2, 0)) * (depth < ENCLOSED)
        towards = texels.at(mesh, vertex_normals(mesh, canonical))
        for detail in details:
            colour = detail.add(colour, missing, place, towards)
    # exact where fully trusted: no rounding through the bands
    colour = np.where((confidence >= 0.999)[:, None], np.clip(photo, 0, 1), colour)

    texture = np.zeros((size, size, 3), np.float32)
    provenance = np.zeros((size, size, 3), np.float32)
    texture[filled] = colour
    provenance[filled] = np.stack([confidence, mirrored, 1 - confidence - mirrored], -1)
    provenance[filled & ~head] = 0
    if base is None:
        return Composition(spread(texture, filled), provenance, head, filled, atlas)
    keep = np.zeros((size, size), np.float32)
    neck = np.clip((place[:, 1] - NECK_LOW) / (NECK_HIGH - NECK_LOW), 0, 1)
    keep[filled] = np.clip((1.02 - atlas[:, 1]) / NECK_FADE, 0, 1) * neck
    if len(mesh.others):
        keep[rasterize(texel_corners(mesh.others, size), size, size).covered & ~head] = -1  # never, not even as margin
    free, keep = keep >= 0, np.maximum(keep, 0)
    blended = texture * keep[..., None] + base * (1 - keep[..., None])
    touched = keep > 0
    near = (cv2.dilate(touched.astype(np.uint8), np.ones((2 * MARGIN + 1,) * 2, np.uint8)) > 0) & free
    grown = np.where((near & ~filled)[..., None], spread(blended, touched), blended)
    result = np.where((touched | (near & ~filled))[..., None], grown, base)
    return Composition(result.astype(np.float32), provenance * keep[..., None], touched & head, filled, atlas)


def _full(confidence: np.ndarray) -> np.ndarray:
    """Confidence stretched so that good texels are wholly the portrait's: 0.1 and below none, 0.75 and above all."""
    ramp = np.clip((confidence - 0.1) / 0.65, 0, 1)
    return ramp * ramp * (3 - 2 * ramp)


def _tone_beside_photo(observation: Observation, generated: np.ndarray, gain: np.ndarray | None) -> np.ndarray:
    """(a,a,3) what to add to generated skin so that it meets the lit portrait without an edge, fading with distance."""
    size = generated.shape[0]
    weight = cv2.resize(_full(observation.confidence), (size, size), interpolation=cv2.INTER_AREA)
    low = sample(observation.low, observation.places)
    low = low if gain is None else relit(low, gain)
    lit = cv2.resize(low * _full(observation.confidence)[..., None], (size, size), interpolation=cv2.INTER_AREA)
    lit = lit / np.maximum(weight, 1e-3)[..., None]
    return fade_from((lit - generated) * (weight > 0.05)[..., None], weight)[0]


def fade_from(difference: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(a,a,3) a difference of tones, known by (a,a) weight 0..1, continued over the atlas and fading with distance; and
    (a,a) the share that has faded."""
    size = len(weight)
    pad = size // 4
    wide = cv2.copyMakeBorder(difference, pad, pad, pad, pad, cv2.BORDER_WRAP)
    mask = cv2.copyMakeBorder(weight, pad, pad, pad, pad, cv2.BORDER_WRAP)
    mask[:pad], mask[-pad:] = 0, 0
    total = np.zeros_like(wide)
    left = np.ones_like(mask)
    for reach in TONE_REACH:
        blurred = cv2.GaussianBlur(wide * mask[..., None], (0, 0), reach * size)
        near = cv2.GaussianBlur(mask, (0, 0), reach * size)
        use = np.clip(near / 0.35, 0, 1) * left  # full at the border of the seen, fading away from it
        total += blurred / np.maximum(near, 1e-3)[..., None] * use[..., None]
        left = left * (1 - np.clip(near / 0.35, 0, 1))
    return total[pad:-pad, pad:-pad].astype(np.float32), left[pad:-pad, pad:-pad]


def fill_unknown(generated: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The atlas with texels that no training texture covered taken from their surroundings, softly; wraps sideways."""
    size = len(generated)
    wide = np.concatenate([generated] * 3, 1)
    mask = np.concatenate([known] * 3, 1)
    soft = cv2.GaussianBlur(spread(wide, mask), (0, 0), size * 0.03)
    share = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), size * 0.008)[..., None]
    share = np.clip(share * 2 - 1, 0, 1)  # 0 at the border of the known, 1 inside
    return (wide * share + soft * (1 - share))[:, size : 2 * size].astype(np.float32)
