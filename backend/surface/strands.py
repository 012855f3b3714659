"""Strands on the unseen scalp: the hair that the portrait shows, continued as the skin's grain is (grain.py).

Strands have a direction, which grain has not: patches are turned until theirs is upright (the main axis of the
structure tensor, Bigun and Granlund 1987), and the square is laid so that they fall down the sides and the back and
lie along the top.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..head.atlas import to_atlas
from ..imaging.bands import HALF, inner, smooth
from ..imaging.sample import LUMINANCE, sample_atlas
from .detail import Detail
from .measured import ENOUGH, Grain, Subject, bounding_box, evenness, gathered, held, lacking, limited, measure

#: Waves per face height where strands begin: locks are coarser than pores.
COARSEST = 8
#: Share of hair from which a pixel is nothing else.
SURE = 0.9
#: Patches are squares of so many face heights, the larger first; tries, and how many must succeed.
PATCHES, ATTEMPTS, WANTED = (0.16, 0.11, 0.08, 0.055), 300, 12
#: Strands are drawn out so many times: patches are shorter than hair.
LONGER = 2.5
#: Degrees that strands keep to: patches alone are short and wavy, and look like fur.
SPREAD = 9.0
#: Shares of the coarsest octaves' power: locks bend and end, drawn out they would be ridges.
LOCKS = (0.15, 0.5)
#: Standard deviation of hair at most, as a share of its tone.
DEEPEST = 0.14
#: Share of the patches whose strands run most alike.
COMBED = 0.6
#: Share of those that are not too strong.
USUAL = 0.6


#: Mean evenness of the octaves (grain.evenness) up to which hair has no strands, and from which it has all of them.
PLAIN = (0.25, 0.75)


@dataclass(frozen=True)
class Strands(Detail):
    """The same, where hair covers the skin."""

    def where(self, place: np.ndarray) -> np.ndarray:
        return sample_atlas(self.cover, to_atlas(place))


def find_strands(subject: Subject, seed: int) -> Grain | None:
    """As find_grain(), of hair, as the portrait shows it on and beyond the head; None for bare scalps and where too
    little hair was photographed."""
    seen = subject.observation
    shows = (seen.head_hair > SURE).any() and (seen.confidence * seen.scalp > 0.1).any()  # hidden hair is no model
    if not (seen.wears_hair and shows):
        return None
    density, lows = subject.resolution(COARSEST)
    box = bounding_box(seen.head_hair > SURE)
    scale = density / subject.registration.face_height
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    picture, mask = (
        cv2.resize(np.ascontiguousarray(part[box]), None, fx=scale, fy=scale, interpolation=how)
        for part in (seen.portrait, seen.head_hair)
    )
    mask = mask > SURE
    shown: list[list] = [[] for _ in lows]
    measure(picture, mask, mask, density, lows, shown)
    if sum(len(found) for found in shown[-1]) < ENOUGH:
        return None
    rough = picture - smooth(picture, mask, HALF * density / COARSEST)
    patches = combed(rough, mask, density, np.random.default_rng(seed))
    if not len(patches):
        return None
    octaves, nothing = gathered(shown), np.zeros((0, 5), np.float32)
    covariance = np.array([lacking(octave, nothing) for octave in octaves])
    covariance[: len(LOCKS)] *= np.reshape(LOCKS, (-1, 1, 1))[: len(covariance)]
    covariance *= stranded(octaves)
    tone = float(np.median(picture[mask] @ LUMINANCE))
    return Grain(density, lows, held(covariance, (DEEPEST * tone) ** 2), patches, tone, SPREAD)


def stranded(octaves: list[np.ndarray]) -> float:
    """0..1 how far the seen hair has strands at all: a drawing's is flat but for outlines, a hat has seams and a badge.

    Args:
        octaves: per octave (n,5) pixels of the band with their local powers, as measure() leaves them.
    """
    bands = (found[:, :3] @ LUMINANCE for found in octaves)
    even = np.mean([evenness(band, float((band**2).mean())) for band in bands if len(band)])
    return float(np.clip((even - PLAIN[0]) / (PLAIN[1] - PLAIN[0]), 0, 1))


def combed(rough: np.ndarray, mask: np.ndarray, density: float, random: np.random.Generator) -> np.ndarray:
    """(p,k,k,3) squares of seen hair, turned until the strands are upright.

    Args:
        rough: (H,W,3) hair without what is coarse. mask: (H,W) bool where hair is.
    """
    for extent in PATCHES:
        side = round(extent * density)
        reach = round(0.75 * side)  # half the diagonal, and a little
        found, alike = [], []
        rows, columns = np.nonzero(inner(mask, reach))
        for pick in random.integers(len(rows), size=ATTEMPTS) if len(rows) else ():
            y, x = int(rows[pick]), int(columns[pick])
            if min(y, x, rough.shape[0] - 1 - y, rough.shape[1] - 1 - x) < reach:
                continue
            angle, coherence = straightness(rough[y - reach : y + reach + 1, x - reach : x + reach + 1])
            turn = cv2.getRotationMatrix2D((float(x), float(y)), 90 - angle, 1)
            turn[:, 2] += (side - 1) / 2 - np.array([x, y])
            turn[1] *= LONGER
            turn[1, 2] -= (LONGER - 1) * (side - 1) / 2
            found.append(cv2.warpAffine(rough, turn, (side, side), flags=cv2.INTER_CUBIC))
            alike.append(coherence)
        if len(found) >= WANTED:
            keep = np.argsort(alike)[-max(WANTED, round(COMBED * len(found))) :]
            patches = np.stack(found)[keep]
            power = (patches**2).mean((1, 2, 3))  # a badge on a hat is no hair, nor is the hairline
            return limited(patches[power <= np.quantile(power, USUAL)])
    return np.zeros((0, 1, 1, 3), np.float32)


def straightness(patch: np.ndarray) -> tuple[float, float]:
    """Degrees from the picture's x axis, anticlockwise as seen, along which the strands of a (k,k,3) patch run, and
    0..1 how much alike they do."""
    value = np.ascontiguousarray(patch @ LUMINANCE, np.float32)
    across, down = cv2.Sobel(value, cv2.CV_32F, 1, 0), cv2.Sobel(value, cv2.CV_32F, 0, 1)
    xx, yy, xy = float((across**2).mean()), float((down**2).mean()), float((across * down).mean())
    steepest = 0.5 * np.arctan2(2 * xy, xx - yy)  # of the gradient, y down; strands lie at right angles to it
    coherence = np.hypot(xx - yy, 2 * xy) / max(xx + yy, 1e-12)
    return 90 - float(np.degrees(steepest)), float(coherence)
