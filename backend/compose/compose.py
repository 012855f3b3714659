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
from ..imaging.sample import sample_atlas, spread
from ..observation.observe import Observation
from ..observation.relight import exposed
from ..observation.views import View, photographed, tone_beside
from ..surface.detail import Detail
from .texels import find_texels

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
    given: mean share of each portrait in the head's texels.
    """

    texture: np.ndarray
    provenance: np.ndarray
    head: np.ndarray
    filled: np.ndarray
    atlas: np.ndarray
    given: tuple[float, ...] = ()


def compose(
    mesh: HeadMesh, canonical: np.ndarray, registration: Registration, observation: Observation,
    generated: np.ndarray, size: int, base: np.ndarray | None = None, inside: np.ndarray | None = None,
    light: str = "keep", made_up: bool = False, details: Sequence[Detail] = (), further: Sequence[View] = (),
) -> Composition:
    """Compose the texture at full size.

    Args:
        canonical: (N,3) canonical coordinates of the vertices. generated: (a,a,3) sRGB atlas of the three stages,
            without light. size: texels. base: (size,size,3) sRGB that texels outside the head keep.
        inside: (N,) depth of enclosed vertices behind the head's shell (head/enclosed.py).
        light: what becomes of the portrait's light, a name of messages.LIGHTS.
        made_up: no texel comes from a portrait. details: for skin and hair that do not. further: portraits beside the
            first.
    """
    texels = find_texels(mesh, size, lambda: precedence(mesh, canonical, observation.better_side))
    head, filled = texels.covered, texels.filled
    points, normals = texels.at(mesh, mesh.vertices), texels.at(mesh, registration.normals)
    place = texels.at(mesh, canonical)
    atlas = to_atlas(place)
    depth = texels.at(mesh, (np.zeros(len(canonical)) if inside is None else inside)[:, None])[:, 0]
    depth = np.maximum(depth, 0)  # extended beyond a border it may fall below
    views = [View(registration, observation), *further]
    free = (depth < ENCLOSED) * (not made_up)
    photo = photographed(views, points, normals, place, generated, light, free)

    made = exposed(generated, observation, light)
    tone = tone_beside(views, generated, made, light)
    low = sample_atlas(made.astype(np.float32), atlas, cv2.INTER_CUBIC) + sample_atlas(tone, atlas)
    gloom = depth * np.clip((MOUTH_TOP - place[:, 1]) / 0.04, 0, 1)
    dim = np.exp(-((gloom[:, None] / FLESH) ** 3))
    low = low * dim + INNERMOST * (1 - dim)  # the mouth's inside is no second face
    low = low * (1 - photo.share[:, None]) + photo.low
    colour = np.clip(low + photo.high + photo.mirrored_high * (photo.mirrored * (1 - photo.high_share))[:, None], 0, 1)
    if details:
        mirrored = photo.mirrored * (1 - photo.high_share)
        missing = np.sqrt(np.maximum(1 - photo.high_share**2 - mirrored**2, 0)) * (depth < ENCLOSED)
        towards = texels.at(mesh, vertex_normals(mesh, canonical))
        for detail in details:
            colour = detail.add(colour, missing, place, towards)
    # exact where fully trusted: no rounding through the bands
    colour = np.where((photo.first >= 0.999)[:, None], np.clip(photo.own, 0, 1), colour)

    texture = np.zeros((size, size, 3), np.float32)
    provenance = np.zeros((size, size, 3), np.float32)
    texture[filled] = colour
    provenance[filled] = np.stack([photo.share, photo.mirrored, 1 - photo.share - photo.mirrored], -1)
    provenance[filled & ~head] = 0
    if base is None:
        return Composition(spread(texture, filled), provenance, head, filled, atlas, photo.given(head[filled]))
    keep = np.zeros((size, size), np.float32)
    neck = np.clip((place[:, 1] - NECK_LOW) / (NECK_HIGH - NECK_LOW), 0, 1)
    keep[filled] = np.clip((1.02 - atlas[:, 1]) / NECK_FADE, 0, 1) * neck
    if len(mesh.others):
        keep[rasterize(texel_corners(mesh.others, size), size, size).covered & ~head] = -1  # never, not even as margin
    ours, keep = keep >= 0, np.maximum(keep, 0)
    blended = texture * keep[..., None] + base * (1 - keep[..., None])
    touched = keep > 0
    near = (cv2.dilate(touched.astype(np.uint8), np.ones((2 * MARGIN + 1,) * 2, np.uint8)) > 0) & ours
    grown = np.where((near & ~filled)[..., None], spread(blended, touched), blended)
    result = np.where((touched | (near & ~filled))[..., None], grown, base)
    head = touched & head
    given = photo.given(head[filled], keep[filled])
    return Composition(result.astype(np.float32), provenance * keep[..., None], head, filled, atlas, given)


def fill_unknown(generated: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The atlas with texels that no training texture covered taken from their surroundings, softly; wraps sideways."""
    size = len(generated)
    wide = np.concatenate([generated] * 3, 1)
    mask = np.concatenate([known] * 3, 1)
    soft = cv2.GaussianBlur(spread(wide, mask), (0, 0), size * 0.03)
    share = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), size * 0.008)[..., None]
    share = np.clip(share * 2 - 1, 0, 1)  # 0 at the border of the known, 1 inside
    return (wide * share + soft * (1 - share))[:, size : 2 * size].astype(np.float32)
