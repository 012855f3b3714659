"""Strands on the unseen scalp: straight hair as strong, octave by octave, as the hair that shows.

Noise of which only what runs downwards is kept, finer than the portrait shows it where the artist's texels are. Locks
bend and gather. The square is laid so that they grow from the whorl at the back of the crown, forwards and down the
sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..head.scalp import from_whorl
from ..imaging.sample import LUMINANCE, sample
from .detail import CHUNK, PAD, PERIOD, matched, strength
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
#: Degrees about upright that locks keep to: with fewer they do not end, and look like planks; strands of more than so
#: many waves per face height keep to fewer, or hair looks like fur.
SPREAD, SLENDER = 14.0, 12
#: Standard deviation of hair's octaves at most (0.06 to 0.35 on 20 heads, the more the curlier; with 0.3 straight hair
#: looks embossed), and where too little shows, as shares of its tone; face heights squared of hair that tell it.
DEEPEST, USUAL, LEAST = 0.20, 0.06, 0.0015
#: The same of a beard: with more a short one looks embossed.
SHORT = 0.11
#: Power of an octave that the portrait is too coarse for, beside the one before it.
FINER = 0.35
#: How far locks bend, face heights, by how often they do so in one; how much and how often their strength changes.
BENDS, CHANGE, CHANGES = {4: 0.004, 10: 0.001}, 0.3, 6
#: Luminance below which hair's colour says nothing.
DARKEST = 0.02
#: Mean evenness of the octaves (grain.evenness) up to which hair has no strands, and from which it has all of them.
PLAIN = (0.25, 0.75)


@dataclass(frozen=True)
class Strands:
    """square: (N,N,3) float32 of lay_strands(): light and dark of hair. tone: luminance of the hair that was measured.
    finer: by how much they are than hair's."""

    square: np.ndarray
    tone: float
    finer: float = 1.0

    def laid_on(self, color: np.ndarray, cover: np.ndarray, place: np.ndarray) -> np.ndarray:
        """(n,3) sRGB: the colour of hair with strands' light and dark.

        Args:
            color: (n,3) sRGB. cover: (n,) 0..1; nothing is laid where there is none. place: (n,3) canonical.
        """
        color = color.copy()
        wrapped = np.pad(self.square, ((PAD, PAD), (PAD, PAD), (0, 0)), mode="wrap")
        for index in np.array_split(np.flatnonzero(cover > 0.004), len(cover) // CHUNK + 1):
            if len(index):
                own, laid = color[index], self._laid(wrapped, place[index]) @ LUMINANCE
                shade = laid / np.maximum(own @ LUMINANCE, DARKEST) * strength(own, self.tone)
                color[index] = np.clip(own * (1 + shade)[:, None], 0, 1)  # in the hair's own colour
        return color

    def _laid(self, wrapped: np.ndarray, place: np.ndarray) -> np.ndarray:
        """(n,…) of the square, grown from the whorl. Further away it goes around the whorl's axis twice and four times,
        so that strands stay about as wide; one fades into the other, their squared shares adding up to 1."""
        turn, reach, off = np.moveaxis(from_whorl(place), -1, 0)
        around = 2 * np.pi * off / PERIOD
        level = np.log2(np.maximum(around, 1))
        plain = np.clip(2 * around, 0, 1)[:, None]  # at the whorl strands would be finer than texels
        size, total = len(self.square), np.zeros((len(place), self.square.shape[2]), np.float32)
        for number in range(int(level.max()) + 2):
            share = np.cos(np.clip(np.abs(level - number), 0, 1) * np.pi / 2)
            use = np.flatnonzero(share > 0.02)
            spot = np.stack([turn[use] * (self.finer * 2**number), reach[use] / PERIOD + 0.37 * number], 1) * size
            total[use] += sample(wrapped, np.mod(spot, size) + PAD, cv2.INTER_CUBIC) * share[use, None]
        return total * plain


def measure_strands(subject: Subject, hair: np.ndarray, deepest: float) -> Grain | None:
    """The strands of (H,W) 0..1 hair in the portrait, as deep at most as a share of its tone; None where there is too
    little of it."""
    if not (hair > SURE).any():  # a further portrait may show it alone
        return None
    density, lows = subject.resolution(COARSEST)
    box = bounding_box(hair > SURE)
    scale = density / subject.view.registration.face_height
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    picture, mask = (
        cv2.resize(np.ascontiguousarray(part[box]), None, fx=scale, fy=scale, interpolation=how)
        for part in (subject.view.observation.portrait, hair)
    )
    mask = mask > SURE
    shown: list[list] = [[] for _ in lows]
    measure(picture, mask, mask, density, lows, shown)
    if mask.sum() < LEAST * density**2:
        return None
    tone = float(np.median(picture[mask] @ LUMINANCE))
    found = gathered(shown)
    if not any(len(one) for one in found):
        return None
    covariance = stranded(found) * covariances(found, (USUAL * tone) ** 2)
    octaves, density, lows = finer(held(covariance, (deepest * tone) ** 2), density, lows, subject.texels)
    return Grain(density, lows, octaves, NO_PATCHES, tone)


def covariances(found: list[np.ndarray], usual: float) -> np.ndarray:
    """(b,3,3) of each octave's pixels, as gathered() leaves them. Short hair is too narrow for the coarse ones: they
    are as strong as the next finer, and where no octave tells of the usual variance."""
    finest_first = [np.full((3, 3), usual)]
    for one in found[::-1]:
        told = len(one) >= ENOUGH
        finest_first.append(lacking(one, np.zeros((0, 5), np.float32)) if told else finest_first[-1])
    return np.array(finest_first[:0:-1])


def finer(
    covariance: np.ndarray, density: float, lows: np.ndarray, texels: float
) -> tuple[np.ndarray, float, np.ndarray]:
    """Covariance, density and octaves of a Grain, with those that so many texels per face height hold and the portrait
    does not show."""
    while 2 * density <= min(texels, FINEST):
        covariance = np.concatenate([covariance, FINER * covariance[-1:]])
        density, lows = 2 * density, np.append(lows, 2 * lows[-1])
    return covariance, density, lows


def lay_strands(grain: Grain, seed: int, combed: float = 1.0) -> np.ndarray:
    """(N,N,3) float32, periodic, to add to hair: strands that run down.

    Args:
        combed: 0..1, the share of it that lies in strands; the rest is dots, as cropped hair is.
    """
    random = np.random.default_rng(seed)
    size = 2 * round(PERIOD * grain.density / 2)
    noise = random.normal(size=(size, size, 3))
    lines = upright(noise, SPREAD)
    noise = combed**0.5 * lines / max(float(lines.std()), 1e-9) + (1 - combed) ** 0.5 * noise
    straight = matched(noise, grain).astype(np.float32)
    aside = sum(size * reach * smooth_field(size, often, random) for often, reach in BENDS.items())
    y, x = np.mgrid[:size, :size].astype(np.float32)
    wrapped = np.pad(straight, ((0, 0), (PAD, PAD), (0, 0)), mode="wrap")
    bent = cv2.remap(wrapped, np.mod(x + aside, size) + PAD, y, cv2.INTER_CUBIC)
    bent *= np.maximum(1 + CHANGE * smooth_field(size, CHANGES, random), 0)[..., None]
    return bent


def upright(square: np.ndarray, spread: float) -> np.ndarray:
    """(N,N,3) a periodic square's lines that run downwards within so many degrees: of locks up to SLENDER waves a side,
    and less, by the root of the waves, for thin strands are not as much shorter as they are thinner."""
    size = len(square)
    down, across = np.fft.fftfreq(size, PERIOD / size)[:, None], np.fft.rfftfreq(size, PERIOD / size)[None]
    spread = spread / np.sqrt(np.maximum(across, SLENDER) / SLENDER)
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
