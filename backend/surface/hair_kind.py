"""What kind of hair a portrait shows: how long and curly its strands are, how strong in contrast, how colourful.

Short strands make dots of cropped hair and of stubble; no rule says what is cropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from ..imaging.bands import inner, octaves
from ..imaging.sample import LUMINANCE
from ..verified import verified_arrays
from .hair_chart import coherence
from .strand_figures import length_and_curl, strand_features

#: By lab/training/contrast.py, of the logarithms of tone and deviations over people. mean: (1 + b,); covariance:
#: (1 + b, 1 + b); error: variance of a deviation that is measured on one pixel, by so many less on many.
CONTRAST = Path(__file__).with_name("hair_contrast.npz")
#: Pixels per face height of the picture that is measured, and waves where octaves begin: locks.
DENSITY, COARSEST = 256, 8
#: Probabilities from which a pixel is nothing else; the next where the first leaves too little. At 0.5 the beards of
#: five men are 0.01 to 0.2 square face heights large and women have none.
SURE = {"hair": (0.9, 0.5), "facial_hair": (0.5,)}
#: Swings of a curly strand in a face height.
BENDS = 4.0
#: The most that a rim's octaves deviate, as a share of its tone: what people with hair of that tone have makes tufts,
#: and five rendered heads lost .2 to 1.6 dB by it.
RIM = 0.06
#: Luminance below which hair's colour says nothing; the most that locks differ in saturation.
DARKEST, COLOURFUL = 0.02, 0.3
#: The least deviation that is measured: of rounding to a byte.
STEP_OF_BYTE = 1 / 255 / np.sqrt(12)


@dataclass(frozen=True)
class Kind:
    """Hair as a portrait shows it.

    tone: luminance. length: of its strands, face heights; none of dots. curl: radians by which they swing.
    astray: radians, deviation of their directions. deviations: (b,) of the octaves' luminance, as shares of the tone.
    colourful: deviation of locks' saturation.
    """

    tone: float
    length: float
    curl: float
    astray: float
    deviations: np.ndarray
    colourful: float


def measure_kind(name: str, picture: np.ndarray, hair: np.ndarray, face_height: float) -> Kind | None:
    """The kind of hair in a portrait; None where there is too little that is surely hair.

    Args:
        name: of SURE. picture: (H,W,3) sRGB. hair: (H,W) 0..1. face_height: pixels.
    """
    first, *less = SURE[name]
    kind = measure(picture, hair, face_height, first)
    for sure in less if kind is None else ():
        kind = measure(picture, hair, face_height, sure, rim=True)
    return kind


def measure(picture: np.ndarray, hair: np.ndarray, face_height: float, least: float, rim: bool = False) -> Kind | None:
    """measure_kind() of the pixels whose probability is over the least. Along the edges of a rim of hair light and dark
    run, too: strands are no longer than it is wide, and their contrast is low."""
    found = cut_hair(picture, hair, face_height, least)
    if found is None:
        return None
    picture, mask = found
    light = picture @ LUMINANCE
    coherent = coherence(picture, mask, DENSITY)
    features = strand_features(light, mask, coherent, DENSITY)
    if features is None:
        return None
    length, curl = length_and_curl(features)
    tone = tone_of(light, mask)
    together = float(np.median(np.linalg.norm(coherent[mask], axis=-1)))
    chroma = np.linalg.norm(picture - light[..., None], axis=-1, keepdims=True)
    [locks] = octaves(chroma, mask, DENSITY, [COARSEST])
    colourful = float(locks[mask].std() / max(float(chroma[mask].mean()), DARKEST))
    deviations = find_deviations(light, mask)
    if rim:
        widest = 2 * float(cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 5).max())
        length, deviations = min(length, widest / DENSITY), np.minimum(deviations, RIM)
    return Kind(
        tone,
        length,
        curl,
        float(np.sqrt(-np.log(np.clip(together, 0.05, 1)) / 2)),
        deviations,
        min(colourful, COLOURFUL),
    )


def cut_hair(
    picture: np.ndarray, hair: np.ndarray, face_height: float, least: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """(h,w,3) sRGB of DENSITY about the pixels whose probability is over the least, and (h,w) bool, which they are;
    None where there are none.

    Args:
        picture: (H,W,3) sRGB. hair: (H,W) 0..1. face_height: pixels.
    """
    sure = hair > least
    if not sure.any():
        return None
    scale = DENSITY / face_height
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    rows, columns = (np.flatnonzero(sure.any(axis)) for axis in (1, 0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    picture, hair = (
        cv2.resize(np.ascontiguousarray(part[box], np.float32), None, fx=scale, fy=scale, interpolation=how)
        for part in (picture, hair)
    )
    mask = hair > least
    return (picture, mask) if mask.any() else None


def tone_of(light: np.ndarray, mask: np.ndarray) -> float:
    """The middle of a (H,W) luminance below a (H,W) mask."""
    return max(float(np.median(light[mask])), DARKEST)


def find_deviations(light: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(b,) likeliest deviation of each octave of a (H,W) luminance below the (H,W) mask, from COARSEST on, at DENSITY,
    as a share of the tone: short hair is too narrow for the coarse ones, and a few pixels say little.

    No more than was measured, for edges add contrast and take none; so an octave that is not shown is at most as strong
    as the next finer.
    """
    tone = tone_of(light, mask)
    measured, pixels = measure_octaves(light, mask)
    found = np.fmin(likeliest(tone, measured / tone, pixels), measured / tone)
    for number in np.flatnonzero(pixels[:-1] == 0)[::-1]:
        found[number] = min(found[number], found[number + 1])
    return found


def measure_octaves(light: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(b,) deviation of each octave's middle 70 %, for what a seam or an outline has is no strand's, and (b,) pixels
    that it is measured on. See find_deviations()."""
    lows = [COARSEST * 2**number for number in range(int(np.log2(DENSITY / 2 / COARSEST)))]
    bands = octaves(light[..., None], mask, DENSITY, lows)
    found = [band[inner(mask, 0.5 * DENSITY / low)] for low, band in zip(lows, bands, strict=True)]
    deviations = [max(middle(values), STEP_OF_BYTE) if len(values) else np.nan for values in found]
    return np.array(deviations), np.array([len(values) for values in found])


def likeliest(tone: float, measured: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """(b,) deviations as shares of the tone: the mean of their Gaussian, given the tone and what was measured. Octaves
    go together, and dark hair has more contrast.

    Args:
        measured: (b,) shares of the tone. pixels: (b,) that each was measured on; 0 where it was not.
    """
    learnt, known = contrast(), np.concatenate([[True], pixels > 0])
    mean, covariance = learnt["mean"], learnt["covariance"]
    off = np.log(np.concatenate([[tone], measured])[known]) - mean[known]
    error = np.concatenate([[0.0], learnt["error"] / np.maximum(pixels, 1)])
    seen = covariance[np.ix_(known, known)] + np.diag(error[known])
    return np.exp((mean + covariance[:, known] @ np.linalg.solve(seen, off))[1:])


@cache
def contrast() -> dict[str, np.ndarray]:
    """The arrays of CONTRAST."""
    return verified_arrays(CONTRAST)


def middle(values: np.ndarray) -> float:
    """The deviation of the middle 70 % of values that are spread as a bell."""
    low, high = np.quantile(values, (0.15, 0.85))
    return float(high - low) / 2.073
