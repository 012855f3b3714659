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
from ..head.scalp import EAR
from ..head.sides import Side, sides
from ..imaging.bands import inner, near, octaves, smooth
from ..imaging.sample import LUMINANCE, sample, sample_atlas
from ..observation.observe import Observation, pixel_confidence
from ..observation.relight import relit
from .bare import bare_skin

#: Waves per face height where detail begins: coarser is the atlas's.
COARSEST = 16
#: Power of the first octave that is made up for: it holds folds too, which belong where they are.
COARSEST_SHARE = 0.75
#: Pixels measured per pixel of the portrait, and per face height at most.
SAMPLED, FINEST = 2.4, 1024
#: Skin counts where it faces the side this much; photographed skin within this of unseen skin, in face heights.
FACING, REACH = 0.8, 0.4
#: Pixels that a band needs.
ENOUGH = 300
#: Times the power of a bell curve of their median absolute value that grain has at most, and that lines have at least:
#: photographs and paintings 1 to 2.8, drawings 25 and more.
HEAVIEST, LINES = 2.5, 6.0
#: Patches are squares of so many face heights, the larger first.
PATCHES = (0.22, 0.15, 0.10)
ATTEMPTS = 400
#: Luminance and two differences of colour (Rec. 601).
OPPONENT = np.array([[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]])
#: To the canonical place on the other side, whose fine detail is mirrored where it was seen (compose.py).
MIRROR = np.float32([-1, 1, 1])
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
    mesh: HeadMesh,
    canonical: np.ndarray,
    registration: Registration,
    observation: Observation,
    generated: np.ndarray,
    gain: np.ndarray | None,
    texels: float,
    seed: int,
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
    shown: tuple[list, list] = ([], [])
    for side in sides(mesh, canonical, density):
        place = side.at(canonical)
        skin = bare_skin(place, True) * (side.facing > FACING) * (np.abs(place[..., 0]) < EAR)
        skin = skin > 0.98
        if not skin.any():
            continue
        mirrored = sample_atlas(observation.confidence, to_atlas(place[skin] * MIRROR))
        mirrored = _picture(skin, mirrored)[bounding_box(skin)]
        skin, confidence, _, *pictures = pictured(side, place, skin, registration, observation, generated, gain)
        photo, made = skin & (confidence > 0.7), skin & (confidence < 0.1) & (mirrored < 0.1)
        for kept, picture, kind, other in zip(shown, pictures, (photo, made), (made, photo), strict=True):
            kept.append((picture, kind, kind & near(other, REACH * density)))
    seen: list[list] = [[] for _ in lows]
    unseen: list[list] = [[] for _ in lows]
    beside = [near_by(kept) for kept in shown]
    for kept, found, kinds in zip(shown, (seen, unseen), beside, strict=True):
        for (picture, mask, _), kind in zip(kept, kinds, strict=True):
            measure(picture, mask, kind, density, lows, found)
    views = [
        (picture - smooth(picture, photo, 0.1874 * density / COARSEST), photo, kind)
        for (picture, photo, _), kind in zip(shown[0], beside[0], strict=True)
    ]
    tones = [picture[kind] @ LUMINANCE for (picture, *_), kind in zip(shown[0], beside[0], strict=True)]
    if not views or sum(len(found) for found in seen[-1]) < ENOUGH:
        return None
    missing = np.array(
        [lacking(np.concatenate(bands), np.concatenate(others)) for bands, others in zip(seen, unseen, strict=True)]
    )
    missing[0] *= COARSEST_SHARE
    return Grain(density, lows, missing, _patches(views, density, random), float(np.median(np.concatenate(tones))))


def near_by(kept: list[tuple[np.ndarray, ...]]) -> list[np.ndarray]:
    """Per side the (H,W) bool skin of a kind beside the other kind, of (picture, all, beside); all of it where that is
    little."""
    _, every, beside = zip(*kept, strict=True) if kept else ((), (), ())
    return list(beside if sum(map(np.sum, beside)) > sum(map(np.sum, every)) / 20 else every)


def pictured(
    side: Side,
    place: np.ndarray,
    where: np.ndarray,
    registration: Registration,
    observation: Observation,
    generated: np.ndarray,
    gain: np.ndarray | None,
) -> tuple[np.ndarray, ...]:
    """Of a side's (H,W) bool mask, cut to the smallest rectangle with all of it: (h,w) the mask, (h,w) how sure the
    portrait is there, (h,w) how far it shows skin, (h,w,3) the portrait, (h,w,3) what was generated, both sRGB.

    Args:
        place: (H,W,3) canonical. The others as for find_grain().
    """
    box = bounding_box(where)
    where, place = where[box], place[box][where[box]]
    normals = side.at(registration.normals)[box][where]
    masks = observation.allowed_skin, observation.allowed_scalp
    points = side.at(side.mesh.vertices)[box][where].astype(np.float64)
    pixels, sure = pixel_confidence(registration, masks, points, normals, place)
    if gain is not None:  # as composed: where the light stays, so does skin in deep shade
        sure = sure * observation.light.trust(observation.light.shade(normals))
    atlas = to_atlas(place)
    sure = sure * (sample_atlas(observation.confidence, atlas) > 0.1)  # what the artist hides is no model either
    skin = sample(observation.allowed_skin, pixels, border=cv2.BORDER_CONSTANT)
    lit = sample(observation.portrait, pixels, cv2.INTER_CUBIC)
    lit = lit if gain is None else relit(lit, sample_atlas(gain, atlas))
    own = sample_atlas(generated.astype(np.float32), atlas, cv2.INTER_CUBIC)
    return where, *(_picture(where, part) for part in (sure, skin, lit, own))


def measure(
    picture: np.ndarray,
    mask: np.ndarray,
    kind: np.ndarray,
    density: float,
    lows: np.ndarray,
    found: list[list[np.ndarray]],
) -> None:
    """Add to each octave's list (n,5) of the pixels of a kind, as far as the mask holds: the band, and the local power
    of its luminance and of its colour."""
    for low, kept, band in zip(lows, found, octaves(picture, mask, density, lows), strict=True):
        use = inner(mask, 0.5 * density / low)
        local = smooth((band @ OPPONENT.T) ** 2, use.astype(np.float32), density / low)
        kept.append(np.concatenate([band, local[..., :1], local[..., 1:].sum(2, keepdims=True)], 2)[use & kind])


def limited(detail: np.ndarray) -> np.ndarray:
    """(…,3) float32 with strong values drawn in, luminance leading: what sticks out is a fold or a spectacle's rim."""
    value = np.abs(detail @ LUMINANCE)
    bound = LIMIT * max(float(np.sqrt((value**2).mean())), 1e-9)
    return (detail / (1 + (value / bound) ** 4)[..., None] ** 0.25).astype(np.float32)


def bounding_box(mask: np.ndarray) -> tuple[slice, slice]:
    """The smallest rectangle with all of the mask."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _picture(mask: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(H,W,…) of (n,…) values of the masked pixels, zero beside them."""
    out = np.zeros((*mask.shape, *values.shape[1:]), np.float32)
    out[mask] = values
    return out


def lacking(photo: np.ndarray, made: np.ndarray) -> np.ndarray:
    """(3,3) covariance that generated skin lacks in an octave, of (n,5) and (m,5) pixels as measure() leaves
    them; luminance and colour apart, for much of one makes up for nothing of the other."""
    lacks = np.maximum(_powers(photo) - _powers(made), 0)
    turned = np.linalg.inv(OPPONENT)
    return (turned * lacks) @ turned.T


def _powers(band: np.ndarray) -> np.ndarray:
    """(3,) the grain's power in luminance and two differences of colour, of pixels (n,5): the median power of luminance
    and of colour, for a fold or a mole is no grain."""
    if len(band) < ENOUGH:
        return np.zeros(3)
    luminance, colour = np.median(band[:, 3]), np.median(band[:, 4])
    channels = ((band[:, :3] @ OPPONENT.T) ** 2).mean(0)
    parts = channels[1:] / max(channels[1:].sum(), 1e-12)
    return np.array([luminance, *colour * parts]) * evenness(band[:, :3] @ LUMINANCE, float(luminance))


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
