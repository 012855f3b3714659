"""How strong and how coloured hair's detail is per octave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..head.mesh import HeadMesh
from ..imaging.bands import averaging, inner, octaves
from ..imaging.sample import LUMINANCE
from ..observation.views import View

#: Pixels measured per pixel of the portrait at most, and per face height. Every octave that is measured is whole, so
#: there are 2 to the power of something per face height, and at least one per pixel of the portrait.
SAMPLED, FINEST = 2.0, 1024
#: Pixels that a band needs.
ENOUGH = 300
#: Times the power of a bell curve of their median absolute value that grain has at most, and that lines have at least:
#: photographs and paintings 1 to 2.8, drawings 25 and more.
HEAVIEST, LINES = 2.5, 6.0
#: Luminance and two differences of colour (Rec. 601).
OPPONENT = np.float32([[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]])
#: Standard deviations that detail keeps to, softly.
LIMIT = 2.5
NO_PATCHES = np.zeros((0, 1, 1, 3), np.float32)


@dataclass(frozen=True)
class Grain:
    """What detail generated skin lacks.

    density: pixels per face height of what follows. lows: (b,) waves per face height where each octave begins.
    covariance: (b,3,3) of sRGB, what octaves of generated skin lack beside photographed skin.
    patches: (p,k,k,3) float32 sRGB without what is coarser than the first octave; none where too little was seen.
    tone: luminance of the skin they were seen on.
    """

    density: float
    lows: np.ndarray
    covariance: np.ndarray
    patches: np.ndarray
    tone: float


@dataclass(frozen=True)
class Subject:
    """What is measured.

    canonical: (N,3) canonical coordinates of the vertices. view: the first portrait. generated: (a,a,3) sRGB
    atlas of the three stages. gain: (S,S,3) atlas, what the portrait's light is multiplied by, if it is.
    texels: of the artist's map per face height; finer than these is not measured.
    """

    mesh: HeadMesh
    canonical: np.ndarray
    view: View
    generated: np.ndarray
    gain: np.ndarray | None
    texels: float

    def resolution(self, coarsest: int) -> tuple[float, np.ndarray]:
        """Pixels per face height, and (b,) waves per face height where each octave from the coarsest on begins."""
        finest = min(SAMPLED * self.view.registration.face_height, max(self.texels, 4 * coarsest), FINEST)
        count = max(1, int(np.log2(finest / (2 * coarsest))))
        return float(2 * coarsest * 2**count), coarsest * 2 ** np.arange(count)


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
    if not kind.any():
        return
    box = bounding_box(mask)
    picture, mask, kind = picture[box], mask[box], kind[box]
    for low, kept, band in zip(lows, found, octaves(picture, mask, density, lows), strict=True):
        use = inner(mask, 0.5 * density / low)
        power = (band @ OPPONENT.T) ** 2
        power = np.stack([power[..., 0], power[..., 1] + power[..., 2]], -1)
        local = averaging(use)(power, density / low)
        taken = use & kind
        kept.append(np.concatenate([band[taken], local[taken]], 1))


def lacking(photo: np.ndarray, made: np.ndarray, rank: float = 0.5) -> np.ndarray:
    """(3,3) covariance that generated skin lacks in an octave, of (n,5) and (m,5) pixels as measure() leaves
    them; luminance and colour apart, for much of one makes up for nothing of the other.

    Args:
        rank: of the local power that counts, 0..1.
    """
    lacks = np.maximum(_powers(photo, rank) - _powers(made, rank), 0)
    turned = np.linalg.inv(OPPONENT.astype(np.float64))
    return (turned * lacks) @ turned.T


def held(covariance: np.ndarray, most: float) -> np.ndarray:
    """(…,3,3) weakened until their powers of luminance add up to the most."""
    power = float(np.sum(LUMINANCE @ covariance @ LUMINANCE))
    return covariance * min(1.0, most / max(power, 1e-12))


def gathered(found: list[list[np.ndarray]]) -> list[np.ndarray]:
    """Per octave (n,5) what measure() left."""
    return [np.concatenate([np.zeros((0, 5), np.float32), *bands]) for bands in found]


def _powers(band: np.ndarray, rank: float) -> np.ndarray:
    """(3,) the grain's power in luminance and two differences of colour, of pixels (n,5): the median power of luminance
    and of colour, or another rank's, for a fold or a mole is no grain."""
    if len(band) < ENOUGH:
        return np.zeros(3)
    luminance, colour = np.quantile(band[:, 3:], rank, axis=0)
    channels = ((band[:, :3] @ OPPONENT.T) ** 2).mean(0)
    parts = channels[1:] / max(channels[1:].sum(), 1e-12)
    return np.array([luminance, *colour * parts]) * evenness(band[:, :3] @ LUMINANCE, float(luminance))


def evenness(band: np.ndarray, power: float) -> float:
    """0..1 share of its power that is grain: (n,) values of noise spread as a bell or a little wider, those of lines
    are nearly all zero (the median absolute deviation tells, Rousseeuw and Croux 1993)."""
    bell = float(np.median(np.abs(band)) / 0.6745) ** 2
    heavier = power / max(bell, 1e-12)
    return float(np.clip((LINES - heavier) / (LINES - HEAVIEST), 0, 1))


def limited(detail: np.ndarray) -> np.ndarray:
    """(…,3) float32 with strong values drawn in, luminance leading: what sticks out is a fold or a spectacle's rim."""
    value = np.abs(detail @ LUMINANCE)
    bound = LIMIT * max(float(np.sqrt((value**2).mean())), 1e-9)
    return (detail / (1 + (value / bound) ** 4)[..., None] ** 0.25).astype(np.float32)


def bounding_box(mask: np.ndarray) -> tuple[slice, slice]:
    """The smallest rectangle with all of the mask."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
