"""What kind of hair a portrait shows: how long and curly its strands are, how strong in contrast, how colourful.

A correlation along its strands that is soon lost makes dots of cropped hair and of stubble; no rule says what is
cropped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..imaging.bands import inner, octaves, smooth
from ..imaging.sample import LUMINANCE, sample
from ..observation.observe import at_pixels
from .hair_chart import coherence

#: Pixels per face height of the picture that is measured, and waves where octaves begin: locks.
DENSITY, COARSEST = 256, 8
#: Probabilities from which a pixel is nothing else; the next where the first leaves too little. At 0.5 the beards of
#: five men are 0.01 to 0.2 square face heights large and women have none.
SURE = {"hair": (0.9, 0.5), "facial_hair": (0.5,)}
#: Pixels of hair that say anything, of its strands and of an octave.
ENOUGH = 300
#: Face heights of a step along strands, and steps; places from where strands are followed; correlation at which light
#: and dark are another's (1/e).
STEP, STEPS, FOLLOWED, LOST = 0.01, 24, 3000, 0.368
#: Strands are so many times as long as light and dark reach along them, for others lie across, and this long at most;
#: they swing so often in a face height. Drawn strands, measured again: 0.80 of 0.80 (straight), 0.35 of 0.80 (wavy),
#: 0.80 of 0.72 (weak), 0.13 of 0.03; swings 0.17 of 0.19, 0.29 of 0.38. Cropped heads and stubble have 0.02 to 0.06,
#: short hair and beards 0.05 to 0.45, long hair 0.5 and more (29 people).
LENGTHS, LONGEST, BENDS, SWINGS = 20.0, 0.8, 4.0, 1.4
#: Luminance below which hair's colour says nothing; deviation where no octave is whole, as a share of the tone; the
#: most that locks differ in saturation.
DARKEST, USUAL, COLOURFUL = 0.02, 0.06, 0.3


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
        kind = measure(picture, hair, face_height, sure)
        if kind is not None:  # a rim of hair: light and dark run along its edges, too
            widest = 2 * float(cv2.distanceTransform((hair > sure).astype(np.uint8), cv2.DIST_L2, 5).max())
            deviations = np.minimum(kind.deviations, USUAL)
            return replace(kind, length=min(kind.length, widest / face_height), deviations=deviations)
    return kind


def measure(picture: np.ndarray, hair: np.ndarray, face_height: float, least: float) -> Kind | None:
    """measure_kind() of the pixels whose probability is over the least."""
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
    mask, light = hair > least, picture @ LUMINANCE
    coherent = coherence(picture, mask, DENSITY)
    followed = follow(light, mask, coherent)
    if followed is None:
        return None
    length, turn = followed
    tone = max(float(np.median(light[mask])), DARKEST)
    together = float(np.median(np.linalg.norm(coherent[mask], axis=-1)))
    chroma = np.linalg.norm(picture - light[..., None], axis=-1, keepdims=True)
    [locks] = octaves(chroma, mask, DENSITY, [COARSEST])
    colourful = float(locks[mask].std() / max(float(chroma[mask].mean()), DARKEST))
    return Kind(
        tone,
        min(LENGTHS * length, LONGEST),
        SWINGS * turn / (4 * BENDS),
        float(np.sqrt(-np.log(np.clip(together, 0.05, 1)) / 2)),
        find_deviations(light, mask) / tone,
        min(colourful, COLOURFUL),
    )


def follow(light: np.ndarray, mask: np.ndarray, coherent: np.ndarray) -> tuple[float, float] | None:
    """By how many face heights light and dark reach further along strands than across them, and by how many radians per
    face height strands turn; None where too little shows.

    Args:
        light: (H,W) of DENSITY. mask: (H,W) bool. coherent: (H,W,2) of coherence().
    """
    fine = light - smooth(light[..., None], mask, STEP * DENSITY)[..., 0]
    rows, columns = np.nonzero(inner(mask, 1))
    if len(rows) < ENOUGH:
        return None
    chosen = np.random.default_rng(0).integers(len(rows), size=FOLLOWED)
    start = np.stack([columns[chosen], rows[chosen]], 1) + 0.5
    inside, first = mask.astype(np.float32), sample(fine, start)
    length = coherent / np.maximum(np.linalg.norm(coherent, axis=-1, keepdims=True), 1e-9)
    reaches, turns = [], []
    for across in (0.0, np.pi / 2):
        places, angle, within, alike = start, None, np.ones(FOLLOWED, bool), [1.0]
        while len(alike) <= STEPS and alike[-1] > LOST:
            doubled = sample(length, places)
            lies = np.arctan2(doubled[:, 1], doubled[:, 0]) / 2 + across
            if angle is not None:  # strands have no sign: they go on
                change = np.mod(lies - angle + np.pi / 2, np.pi) - np.pi / 2
                turns += [] if across else [float(np.abs(change[within]).mean())]
                lies = angle + change
            angle = lies
            places = places + STEP * DENSITY * np.stack([np.cos(angle), np.sin(angle)], 1)
            within &= at_pixels(inside, places) > 0.5
            if within.sum() < ENOUGH:
                break
            alike.append(correlation(first[within], sample(fine, places)[within]))
        last = (alike[-2] - LOST) / (alike[-2] - alike[-1]) if alike[-1] <= LOST else 1.0
        reaches.append(STEP * (len(alike) - 2 + last))
    return max(reaches[0] - reaches[1], 0.0), float(np.mean(turns or [0.0])) / STEP


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Of (n,) values and others; none of what is flat."""
    first, second = first - first.mean(), second - second.mean()
    return float(first @ second / max(np.sqrt((first @ first) * (second @ second)), 1e-9))


def find_deviations(light: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(b,) deviation of each octave of a (H,W) luminance below the (H,W) mask, from COARSEST on, at DENSITY.

    That of the middle 70 %, for what a seam or an outline has is no strand's. Short hair is too narrow for the coarse
    octaves: they are as strong as the next finer.
    """
    lows = [COARSEST * 2**number for number in range(int(np.log2(DENSITY / 2 / COARSEST)))]
    found = []
    for low, band in zip(lows, octaves(light[..., None], mask, DENSITY, lows), strict=True):
        values = band[inner(mask, 0.5 * DENSITY / low)]
        found.append(middle(values) if len(values) > ENOUGH else np.nan)
    for number in range(len(found) - 1)[::-1]:
        if np.isnan(found[number]):
            found[number] = found[number + 1]
    return np.nan_to_num(np.array(found), nan=USUAL * float(light[mask].mean()))


def middle(values: np.ndarray) -> float:
    """The deviation of the middle 70 % of values that are spread as a bell."""
    low, high = np.quantile(values, (0.15, 0.85))
    return float(high - low) / 2.073
