"""The fine grain of the skin that a portrait shows: its power and colour per octave, and patches of it.

Measured on the head from its sides (head/sides.py), so with all that befell the photographed skin beside the border:
the portrait's own resolution, its noise, its brush, the slant at which the skin was seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..head.atlas import to_atlas
from ..head.mesh import HeadMesh
from ..head.register import Registration
from ..head.sides import Side, sides
from .bands import inner, near, octaves, smooth
from .bare import bare_skin
from .observe import EAR, Observation, pixel_confidence
from .relight import relit
from .sample import LUMINANCE, sample, sample_atlas

#: Waves per face height where detail begins: coarser is the atlas's.
COARSEST = 16
#: Power of the first octave that is made up for: it holds folds too, which belong where they are.
COARSEST_SHARE = 0.75
#: Pixels measured per pixel of the portrait, and per face height at most.
SAMPLED, FINEST = 2.4, 1024
#: The sides that show the border between what portraits show and what they do not.
YAWS = (-50.0, 50.0, 0.0)
#: Skin counts where it faces the side this much; photographed skin within this of unseen skin, in face heights.
FACING, REACH = 0.8, 0.4
#: Pixels that a band needs.
ENOUGH = 300
#: Grain is everywhere: its median power is at most this many times its lower quartile's. Lines on flat skin are not.
EVEN = 2.5
#: Times the power of a bell curve of their median absolute value that grain has at most, and that lines have at least:
#: photographs and paintings 1 to 2.8, drawings 25 and more.
HEAVIEST, LINES = 2.5, 6.0
#: Patches are squares of so many face heights, the larger first.
PATCHES = (0.22, 0.15, 0.10)
ATTEMPTS = 400
#: Standard deviations that detail keeps to, softly.
LIMIT = 2.5


@dataclass(frozen=True)
class Grain:
    """What detail generated skin lacks.

    density: pixels per face height of what follows. lows: (b,) waves per face height where each octave begins.
    covariance: (b,3,3) of sRGB, what octaves of generated skin lack beside photographed skin.
    patches: (p,k,k,3) float32 sRGB without what is coarser than COARSEST; none where too little skin was seen.
    tone: luminance of the skin they were seen on. spread: degrees about upright that its lines keep to, 0 for none.
    """

    density: float
    lows: np.ndarray
    covariance: np.ndarray
    patches: np.ndarray
    tone: float
    spread: float = 0.0


def find_grain(
    mesh: HeadMesh, canonical: np.ndarray, registration: Registration, observation: Observation,
    generated: np.ndarray, gain: np.ndarray | None, texels: float, seed: int,
) -> Grain | None:
    """Measure it; None where too little bare skin was photographed.

    Args:
        canonical: (N,3) canonical coordinates of the vertices. generated: (a,a,3) sRGB atlas of the three stages.
        gain: (S,S,3) atlas, what the portrait's light is multiplied by, if it is.
        texels: of the artist's map per face height; finer than these is not measured.
    """
    density = float(np.clip(SAMPLED * registration.face_height, 4 * COARSEST, min(FINEST, max(texels, 4 * COARSEST))))
    lows = np.array([COARSEST * 2**k for k in range(8) if COARSEST * 2 ** (k + 1) <= density / 2 + 1])
    random = np.random.default_rng(seed)
    seen, unseen = [[] for _ in lows], [[] for _ in lows]
    views, tones = [], []
    for side in sides(mesh, canonical, density, YAWS):
        place = side.at(canonical)
        skin = bare_skin(place, True) * (side.facing > FACING) * (np.abs(place[..., 0]) < EAR)
        skin = skin > 0.98
        if not skin.any():
            continue
        skin, confidence, _, photo_picture, made_picture = pictured(
            side, place, skin, registration, observation, generated, gain,
        )
        photo, made = skin & (confidence > 0.7), skin & (confidence < 0.1)
        beside = photo & near(made, REACH * density)
        beside = beside if beside.sum() > photo.sum() / 20 else photo
        for kind, picture, mask, found in ((beside, photo_picture, photo, seen), (made, made_picture, made, unseen)):
            measure(picture, mask, kind, density, lows, found)
        tones.append(photo_picture[beside] @ LUMINANCE)
        rough = photo_picture - smooth(photo_picture, photo, 0.1874 * density / COARSEST)
        views.append((rough, photo, beside))
    if not views or sum(len(found) for found in seen[-1]) < ENOUGH:
        return None
    missing = np.array([
        lacking(np.concatenate(bands), np.concatenate(others)) for bands, others in zip(seen, unseen, strict=True)
    ])
    missing[0] *= COARSEST_SHARE
    return Grain(density, lows, missing, _patches(views, density, random), float(np.median(np.concatenate(tones))))


def pictured(
    side: Side, place: np.ndarray, where: np.ndarray, registration: Registration, observation: Observation,
    generated: np.ndarray, gain: np.ndarray | None,
) -> tuple[np.ndarray, ...]:
    """Of a side's (H,W) bool mask, cut to the smallest rectangle with all of it: (h,w) the mask, (h,w) how sure the
    portrait is there, (h,w) how far it shows skin, (h,w,3) the portrait, (h,w,3) what was generated, both sRGB.

    Args:
        place: (H,W,3) canonical. The others as for find_grain().
    """
    box = box_of(where)
    where, place = where[box], place[box][where[box]]
    normals = side.at(registration.normals)[box][where]
    masks = observation.allowed_skin, observation.allowed_scalp
    points = side.at(side.mesh.vertices)[box][where].astype(np.float64)
    pixels, sure = pixel_confidence(registration, masks, points, normals, place)
    sure = sure * observation.light.trust(observation.light.shade(normals))
    atlas = to_atlas(place)
    sure = sure * (sample_atlas(observation.confidence, atlas) > 0.1)  # what the artist hides is no model either
    skin = sample(observation.allowed_skin, pixels, border=cv2.BORDER_CONSTANT)
    lit = sample(observation.portrait, pixels, cv2.INTER_CUBIC)
    lit = lit if gain is None else relit(lit, sample_atlas(gain, atlas))
    own = sample_atlas(generated.astype(np.float32), atlas, cv2.INTER_CUBIC)
    return where, *(_picture(where, part) for part in (sure, skin, lit, own))


def measure(
    picture: np.ndarray, mask: np.ndarray, kind: np.ndarray, density: float, lows: np.ndarray,
    found: list[list[np.ndarray]],
) -> None:
    """Add to each octave's list the (n,4) band and local power of the pixels of a kind, as far as the mask holds."""
    for low, kept, band in zip(lows, found, octaves(picture, mask, density, lows), strict=True):
        use = inner(mask, 0.5 * density / low)
        local = smooth((band @ LUMINANCE)[..., None] ** 2, use.astype(np.float32), density / low)
        kept.append(np.concatenate([band, local], 2)[use & kind])


def limited(detail: np.ndarray) -> np.ndarray:
    """(…,3) float32 with strong values drawn in, luminance leading: what sticks out is a fold or a spectacle's rim."""
    value = np.abs(detail @ LUMINANCE)
    bound = LIMIT * max(float(np.sqrt((value**2).mean())), 1e-9)
    return (detail / (1 + (value / bound) ** 4)[..., None] ** 0.25).astype(np.float32)


def box_of(mask: np.ndarray) -> tuple[slice, slice]:
    """The smallest rectangle with all of the mask."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _picture(mask: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(H,W,…) of (n,…) values of the masked pixels, zero beside them."""
    out = np.zeros((*mask.shape, *values.shape[1:]), np.float32)
    out[mask] = values
    return out


def lacking(photo: np.ndarray, made: np.ndarray) -> np.ndarray:
    """(3,3) covariance that generated skin lacks in an octave, of (n,4) and (m,4) pixels of the band and their local
    power; never negative."""
    power, turned = np.linalg.eigh(_covariance(photo) - _covariance(made))
    return (turned * np.maximum(power, 0)) @ turned.T


def _covariance(band: np.ndarray) -> np.ndarray:
    """(3,3) of pixels and their local power (n,4): of the median power, for a fold or a mole is no grain."""
    if len(band) < ENOUGH:
        return np.zeros((3, 3))
    local, colour = band[:, 3], band[:, :3]
    usual = min(np.median(local), EVEN * np.quantile(local, 0.25))
    even = evenness(colour @ LUMINANCE, float(usual))
    colour = colour[(local >= usual / 4) & (local <= usual * 4)]
    covariance = colour.T @ colour / len(colour)
    return covariance * min(usual / max(LUMINANCE @ covariance @ LUMINANCE, 1e-12), 4.0) * even


def evenness(band: np.ndarray, power: float) -> float:
    """0..1 share of its power that is grain: (n,) values of noise spread as a bell or a little wider, those of lines
    are nearly all zero (the median absolute deviation tells, Rousseeuw and Croux 1993)."""
    bell = float(np.median(np.abs(band)) / 0.6745) ** 2
    heavier = power / max(bell, 1e-12)
    return float(np.clip((LINES - heavier) / (LINES - HEAVIEST), 0, 1))


def _patches(views: list, density: float, random: np.random.Generator) -> np.ndarray:
    """(p,k,k,3) squares of seen skin, of ordinary power, beside unseen skin if there are some."""
    for extent in PATCHES:
        side = round(extent * density)
        found = []
        for rough, photo, beside in views:
            fits = inner(photo, side * 0.6)
            fits = fits & beside if (fits & beside).sum() > side else fits
            rows, columns = np.nonzero(fits)
            if not len(rows):
                continue
            for pick in random.integers(len(rows), size=ATTEMPTS // len(views)):
                top, left = rows[pick] - side // 2, columns[pick] - side // 2
                if top >= 0 and left >= 0 and top + side <= rough.shape[0] and left + side <= rough.shape[1]:
                    found.append(rough[top : top + side, left : left + side])
        if len(found) >= 20:
            patches = np.stack(found)
            power = (patches**2).mean((1, 2, 3))
            low, high = np.quantile(power, (0.1, 0.6))
            return limited(patches[(power >= low) & (power <= high)])
    return np.zeros((0, 1, 1, 3), np.float32)
