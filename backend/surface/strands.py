"""Strands on the unseen scalp: straight hair as strong, octave by octave, as the hair that shows.

Noise of which only what runs downwards is kept, finer than the portrait shows it where the artist's texels are. Locks
bend and gather. The square is laid so that they fall down the sides and the back and lie along the top.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..imaging.sample import LUMINANCE, sample_atlas
from .detail import PERIOD, Detail, matched
from .measured import (
    ENOUGH,
    FINEST,
    NO_PATCHES,
    Grain,
    Subject,
    bounding_box,
    evenness,
    gathered,
    held,
    lacking,
    measure,
)

#: Waves per face height where strands begin: locks are coarser than pores.
COARSEST = 8
#: Share of hair from which a pixel is nothing else.
SURE = 0.9
#: Degrees about upright that strands keep to.
SPREAD = 5.0
#: Shares of the coarsest octaves' power: locks bend and end, drawn out they would be ridges.
LOCKS = (0.15, 0.5)
#: Standard deviation of hair at most, as a share of its tone.
DEEPEST = 0.14
#: Power of an octave that the portrait is too coarse for, beside the one before it.
FINER = 0.5
#: How far locks bend, face heights, by how often they do so in one; how much and how often their strength changes.
BENDS, CHANGE, CHANGES = {4: 0.004, 10: 0.001}, 0.3, 6
#: Luminance below which hair's colour says nothing.
DARKEST, PAD = 0.02, 4
#: Mean evenness of the octaves (grain.evenness) up to which hair has no strands, and from which it has all of them.
PLAIN = (0.25, 0.75)


@dataclass(frozen=True)
class Strands(Detail):
    """The same, where hair covers the skin."""

    def where(self, atlas: np.ndarray) -> np.ndarray:
        return sample_atlas(self.cover, atlas)

    def coloured(self, added: np.ndarray, colour: np.ndarray) -> np.ndarray:
        """Strands are lighter and darker in the hair's own colour."""
        light = colour @ LUMINANCE
        return (added @ LUMINANCE / np.maximum(light, DARKEST))[:, None] * colour


def find_strands(subject: Subject) -> Grain | None:
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
    found, nothing = gathered(shown), np.zeros((0, 5), np.float32)
    covariance = np.array([lacking(octave, nothing) for octave in found])
    covariance[: len(LOCKS)] *= np.reshape(LOCKS, (-1, 1, 1))[: len(covariance)]
    covariance *= stranded(found)
    tone = float(np.median(picture[mask] @ LUMINANCE))
    octaves, density, lows = finer(held(covariance, (DEEPEST * tone) ** 2), density, lows, subject.texels)
    return Grain(density, lows, octaves, NO_PATCHES, tone)


def finer(
    covariance: np.ndarray, density: float, lows: np.ndarray, texels: float
) -> tuple[np.ndarray, float, np.ndarray]:
    """Covariance, density and octaves of a Grain, with those that so many texels per face height hold and the portrait
    does not show."""
    while 2 * density <= min(texels, FINEST):
        covariance = np.concatenate([covariance, FINER * covariance[-1:]])
        density, lows = 2 * density, np.append(lows, 2 * lows[-1])
    return covariance, density, lows


def lay_strands(grain: Grain, seed: int) -> np.ndarray:
    """(N,N,3) float32, periodic, to add to hair: strands that run down."""
    random = np.random.default_rng(seed)
    size = 2 * round(PERIOD * grain.density / 2)
    straight = matched(upright(random.normal(size=(size, size, 3)), SPREAD), grain)
    aside = sum(size * reach * smooth_field(size, often, random) for often, reach in BENDS.items())
    y, x = np.mgrid[:size, :size].astype(np.float32)
    wrapped = np.pad(straight, ((0, 0), (PAD, PAD), (0, 0)), mode="wrap")
    bent = cv2.remap(wrapped, np.mod(x + aside, size) + PAD, y, cv2.INTER_CUBIC)
    return bent * np.maximum(1 + CHANGE * smooth_field(size, CHANGES, random), 0)[..., None]


def upright(square: np.ndarray, spread: float) -> np.ndarray:
    """(N,N,3) a periodic square's lines that run downwards within so many degrees."""
    size = len(square)
    down, across = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None]
    kept = np.exp(-0.5 * (np.degrees(np.arctan2(np.abs(down), across)) / spread) ** 2)
    return np.fft.irfft2(np.fft.rfft2(square, axes=(0, 1)) * kept[..., None], (size, size), axes=(0, 1))


def smooth_field(size: int, often: float, random: np.random.Generator) -> np.ndarray:
    """(N,N) float32 periodic noise of unit deviation, with about so many changes per side."""
    waves = np.hypot(np.fft.fftfreq(size, 1 / size)[:, None], np.fft.rfftfreq(size, 1 / size)[None])
    spectrum = np.fft.rfft2(random.normal(size=(size, size))) * np.exp(-0.5 * (waves / often) ** 2)
    made = np.fft.irfft2(spectrum, (size, size))
    return (made / made.std()).astype(np.float32)


def stranded(octaves: list[np.ndarray]) -> float:
    """0..1 how far the seen hair has strands at all: a drawing's is flat but for outlines, a hat has seams and a badge.

    Args:
        octaves: per octave (n,5) pixels of the band with their local powers, as measure() leaves them.
    """
    bands = (found[:, :3] @ LUMINANCE for found in octaves)
    even = np.mean([evenness(band, float((band**2).mean())) for band in bands if len(band)])
    return float(np.clip((even - PLAIN[0]) / (PLAIN[1] - PLAIN[0]), 0, 1))
