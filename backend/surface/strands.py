"""Strands on the unseen scalp: the hair that the portrait shows, continued as the skin's grain is (grain.py).

Strands have a direction, which grain has not: patches are turned until theirs is upright (the main axis of the
structure tensor, Bigun and Granlund 1987), and the square is laid so that they fall down the sides and the back and
lie along the top.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..head.mesh import HeadMesh
from ..head.register import Registration
from ..head.scalp import scalp_share
from ..head.sides import sides
from ..imaging.bands import inner, smooth
from ..imaging.sample import LUMINANCE
from ..observation.observe import Observation
from .detail import Detail
from .grain import ENOUGH, FINEST, SAMPLED, Grain, evenness, lacking, limited, measure, pictured

#: Waves per face height where strands begin: locks are coarser than pores.
COARSEST = 8
YAWS = (0.0, -50.0, 50.0)
#: Hair counts where it faces the side this much: it is seen above the forehead, at a slant.
FACING = 0.3
#: Patches are squares of so many face heights, the larger first; tries, and how many must succeed.
PATCHES, ATTEMPTS, WANTED = (0.16, 0.11, 0.08), 300, 12
#: Strands are drawn out so many times: patches are shorter than hair.
LONGER = 2.5
#: Degrees that strands keep to: patches alone are short and wavy, and look like fur.
SPREAD = 9.0
#: Share of the coarsest octave's power: locks bend and end, drawn out they would be ridges.
LOCKS = 0.15
#: Standard deviation of hair at most, as a share of its tone.
DEEPEST = 0.25
#: Share of the patches whose strands run most alike.
COMBED = 0.6
#: Share of those that are not too strong.
USUAL = 0.6


#: Mean evenness of the octaves (grain.evenness) up to which hair has no strands, and from which it has all of them.
PLAIN = (0.25, 0.75)


@dataclass(frozen=True)
class Strands(Detail):
    """The same, for the scalp."""

    def where(self, place: np.ndarray) -> np.ndarray:
        return scalp_share(place)


def find_strands(
    mesh: HeadMesh,
    canonical: np.ndarray,
    registration: Registration,
    observation: Observation,
    generated: np.ndarray,
    gain: np.ndarray | None,
    texels: float,
    seed: int,
) -> Grain | None:
    """As find_grain(), of hair; None for bare scalps and where too little hair was photographed."""
    if not observation.wears_hair:
        return None
    density = float(np.clip(SAMPLED * registration.face_height, 8 * COARSEST, min(FINEST, max(texels, 8 * COARSEST))))
    lows = np.array([COARSEST * 2**k for k in range(8) if COARSEST * 2 ** (k + 1) <= density / 2 + 1])
    random = np.random.default_rng(seed)
    seen: list[list] = [[] for _ in lows]
    unseen: list[list] = [[] for _ in lows]
    views, tones = [], []
    for side in sides(mesh, canonical, density, YAWS):
        place = side.at(canonical)
        scalp = (scalp_share(place) > 0.9) & (side.facing > FACING)
        if not scalp.any():
            continue
        scalp, sure, skin, photo_picture, made_picture = pictured(
            side, place, scalp, registration, observation, generated, gain
        )
        photo, made = scalp & (sure > 0.6) & (skin < 0.5), scalp & (sure < 0.1)
        measure(photo_picture, photo, photo, density, lows, seen)
        measure(made_picture, made, made, density, lows, unseen)
        tones.append(photo_picture[photo] @ LUMINANCE)
        views.append((photo_picture - smooth(photo_picture, photo, 0.1874 * density / COARSEST), photo))
    if not views or sum(len(found) for found in seen[-1]) < ENOUGH:
        return None
    patches = combed(views, density, random)
    if not len(patches):
        return None
    covariance = np.array(
        [lacking(np.concatenate(bands), np.concatenate(others)) for bands, others in zip(seen, unseen, strict=True)]
    )
    covariance[0] *= LOCKS
    covariance *= stranded(seen)
    tone = float(np.median(np.concatenate(tones)))
    power = float(sum(LUMINANCE @ octave @ LUMINANCE for octave in covariance))
    if power > (DEEPEST * tone) ** 2:  # a hat's badge, a highlight
        covariance *= (DEEPEST * tone) ** 2 / power
    return Grain(density, lows, covariance, patches, tone, SPREAD)


def stranded(octaves: list) -> float:
    """0..1 how far the seen hair has strands at all: a drawing's is flat but for outlines, a hat has seams and a badge.

    Args:
        octaves: per octave a list of (n,5) pixels of the band with their local powers, as measure() leaves them.
    """
    bands = (np.concatenate(found)[:, :3] @ LUMINANCE for found in octaves)
    even = np.mean([evenness(band, float((band**2).mean())) for band in bands if len(band)])
    return float(np.clip((even - PLAIN[0]) / (PLAIN[1] - PLAIN[0]), 0, 1))


def combed(views: list[tuple[np.ndarray, np.ndarray]], density: float, random: np.random.Generator) -> np.ndarray:
    """(p,k,k,3) squares of seen hair, turned until the strands are upright.

    Args:
        views: (H,W,3) hair without what is coarse, and (H,W) bool where hair is.
    """
    for extent in PATCHES:
        side = round(extent * density)
        reach = round(0.75 * side)  # half the diagonal, and a little
        found, alike = [], []
        for rough, mask in views:
            rows, columns = np.nonzero(inner(mask, reach))
            for pick in random.integers(len(rows), size=ATTEMPTS // len(views)) if len(rows) else ():
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
