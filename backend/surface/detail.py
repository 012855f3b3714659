"""Detail at the artist's size on skin that no portrait shows: as fine, as strong and as coloured as the seen skin's.

A square of detail that meets itself at its borders is laid onto the head from three directions (triplanar mapping), at
one size everywhere, so that neither the UV map nor the atlas stretches it and no seam shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..head.mesh import HeadMesh
from ..imaging.bands import passed
from ..imaging.sample import LUMINANCE, sample
from .bare import between_parts
from .measured import OPPONENT, Grain, limited

#: Face heights after which the square repeats.
PERIOD = 1.0
#: Texels handled at once.
CHUNK = 1 << 20
#: Detail follows the root of the tone of the skin that it lies on, within these ratios.
TONES = (0.6, 1.2)
PAD = 4


@dataclass(frozen=True)
class Detail:
    """square: (N,N,3) float32 sRGB to add, periodic. tone: luminance of the skin that it was seen on."""

    square: np.ndarray
    tone: float

    def add(
        self, colour: np.ndarray, free: np.ndarray, place: np.ndarray, normals: np.ndarray, atlas: np.ndarray
    ) -> np.ndarray:
        """(n,3) colours with detail.

        Args:
            colour: (n,3) sRGB. free: (n,) 0..1, the share of amplitude that is missing.
            place, normals: (n,3) canonical. atlas: (n,2) where the places lie in the atlas.
        """
        out = colour.copy()
        wrapped = np.pad(self.square, ((PAD, PAD), (PAD, PAD), (0, 0)), mode="wrap")
        for low in range(0, len(colour), CHUNK):
            part = slice(low, low + CHUNK)
            where = free[part] * between_parts(atlas[part])
            index = np.flatnonzero(where > 0.004)
            if len(index):
                laid, own = self._laid(wrapped, place[part][index], normals[part][index]), colour[part][index]
                out[index + low] = np.clip(own + laid * (where[index] * strength(own, self.tone))[:, None], 0, 1)
        return out

    def _laid(self, wrapped: np.ndarray, place: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """(n,…) of the square, from the three axes; their squared shares add up to 1, which keeps the power."""
        share = normals**4
        share /= np.maximum(np.linalg.norm(share, axis=1, keepdims=True), 1e-9)
        size = len(self.square)
        total = np.zeros((len(place), self.square.shape[2]), np.float32)
        for axis, (across, down) in enumerate(((2, 1), (0, 2), (0, 1))):
            use = np.flatnonzero(share[:, axis] > 0.02)
            if not len(use):
                continue
            # another part of the square for each axis, and for its two sides
            start = 0.37 * axis + 0.19 * (normals[use, axis] < 0)
            spot = np.stack([place[use, across] + start, start - place[use, down]], 1) * (size / PERIOD)
            total[use] += sample(wrapped, np.mod(spot, size) + PAD, cv2.INTER_CUBIC) * share[use, axis, None]
        return total


def strength(colour: np.ndarray, tone: float) -> np.ndarray:
    """(n,) how strong detail is on (n,3) sRGB colours, beside the luminance that it was measured on."""
    return np.clip(np.sqrt(colour @ LUMINANCE / max(tone, 0.02)), *TONES)


def make_square(grain: Grain, seed: int) -> np.ndarray:
    """(N,N,3) float32: a collage of the seen skin's patches without what recurs in it, brought to the covariance that
    each octave lacks."""
    random = np.random.default_rng(seed)
    size = 2 * round(PERIOD * grain.density / 2)
    square = collage(grain.patches, size, random) if len(grain.patches) else random.normal(size=(size, size, 3))
    return matched(scattered(square, random), grain)


def scattered(square: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(N,N,3) float32 a periodic square with its waves moved at random, colours together (random phase textures,
    Galerne, Gousseau and Morel 2011): the same power, direction and colour, and no wrinkle or block of a print that
    recurs."""
    phase = np.fft.rfft2(random.normal(size=square.shape[:2]))
    spectrum = np.fft.rfft2(square, axes=(0, 1)) * (phase / np.maximum(np.abs(phase), 1e-12))[..., None]
    return np.fft.irfft2(spectrum, square.shape[:2], axes=(0, 1)).astype(np.float32)


def collage(patches: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
    """(size,size,3) of patches (p,k,k,3) laid over each other with soft borders; periodic."""
    side = patches.shape[1]
    ramp = np.clip((np.minimum(np.arange(side), np.arange(side)[::-1]) + 0.5) / (0.3 * side), 0, 1)
    ramp = np.sin(ramp * np.pi / 2)
    window = (ramp[:, None] * ramp[None])[..., None].astype(np.float32)
    count = -(-size // round(0.7 * side))
    total, weight = np.zeros((size, size, 3), np.float32), np.zeros((size, size, 1), np.float32)
    for row in range(count):
        for column in range(count):
            y, x = (np.arange(side) + round(step * size / count) for step in (row, column))
            cells = np.ix_(y % size, x % size)
            total[cells] += patches[random.integers(len(patches))] * window
            weight[cells] += window**2
    return total / np.sqrt(np.maximum(weight, 1e-6))


def matched(square: np.ndarray, grain: Grain) -> np.ndarray:
    """(N,N,3) a periodic square whose octaves have the grain's covariance; nothing coarser, nothing finer."""
    size = len(square)
    waves = np.fft.fftfreq(size, PERIOD / size)
    frequency = np.hypot(waves[:, None], np.fft.rfftfreq(size, PERIOD / size)[None])
    spectrum = np.fft.rfft2(square, axes=(0, 1))
    octaves = np.log2(np.maximum(frequency, 1e-6) / grain.lows[0]) - 0.5  # 0 in the middle of the first
    last = len(grain.lows) - 1
    count = np.full(frequency.shape, 2.0)
    count[:, 0] = 1
    if size % 2 == 0:
        count[:, -1] = 1

    shares = []
    for number in range(last + 1):
        inside = np.clip(1 - np.abs(octaves - number), 0, 1)
        if number == last:
            finer = np.clip(2 - octaves + last, 0, 1) * (frequency < grain.density / 2)
            inside = np.where(octaves > last, finer, inside)
        if number == 0:
            inside = np.where(octaves < 0, np.clip(1 + 2 * octaves, 0, 1), inside)
        shares.append(np.sin(inside * np.pi / 2))
    weights = [count * passed(size, size / PERIOD, low) ** 2 / size**4 for low in grain.lows]
    gains = _gains(spectrum, shares, weights, grain.covariance)
    whole = sum((spectrum * share[..., None]) @ gain for share, gain in zip(shares, gains, strict=True))
    made = np.fft.irfft2(whole, (size, size), axes=(0, 1)).astype(np.float32)
    kept = limited(made)
    return kept * (made.std() / max(kept.std(), 1e-9))


def _gains(spectrum: np.ndarray, shares: list, weights: list, wanted: np.ndarray) -> list[np.ndarray]:
    """(3,3) by which each octave's row vectors are multiplied, so that together they have the wanted covariances.

    Args:
        spectrum: (N,M,3). shares: (N,M) amplitudes of each octave in it. weights: (N,M) by which waves count in each
            octave's covariance. wanted: (b,3,3).
    """
    # in real numbers: the last bits of NumPy's product of complex ones depend on where they lie in memory
    parts, upper = np.stack([spectrum.real, spectrum.imag]).reshape(2, -1, 3), np.triu_indices(3)
    power = np.stack([(parts[..., i] * parts[..., j]).sum(0) for i, j in zip(*upper, strict=True)])
    together = {}  # by octave asked about and two that have waves in it
    for asked, weight in enumerate(weights):
        for one in range(len(shares)):
            for other in range(one, min(one + 2, len(shares))):
                part = (weight * shares[one] * shares[other]).ravel()
                if part.any():
                    matrix = np.zeros((3, 3))
                    matrix[upper] = power @ part
                    together[asked, one, other] = np.triu(matrix) + np.triu(matrix, 1).T

    gains = [_recolour(together[number, number, number], one) for number, one in enumerate(wanted)]
    for _ in range(8):  # neighbouring octaves leak into each other
        has = np.zeros_like(wanted, dtype=np.float64)
        for (asked, one, other), matrix in together.items():
            both = gains[one].T @ matrix @ gains[other]
            has[asked] += both if one == other else both + both.T
        gains = [gain @ _recolour(now, one, 2.0) for gain, now, one in zip(gains, has, wanted, strict=True)]
    return gains


def _recolour(has: np.ndarray, wanted: np.ndarray, most: float = np.inf) -> np.ndarray:
    """(3,3) to multiply row vectors of covariance `has` by: a gain of luminance and one of colour."""
    has, wanted = (np.maximum(np.diag(OPPONENT @ matrix @ OPPONENT.T), 1e-12) for matrix in (has, wanted))
    ratios = np.sqrt([wanted[0] / has[0], wanted[1:].sum() / has[1:].sum()])
    luminance, colour = np.clip(ratios, 1 / most, most)
    return (np.linalg.inv(OPPONENT) @ np.diag([luminance, colour, colour]) @ OPPONENT).T


def texels_per_face(mesh: HeadMesh, canonical: np.ndarray, size: int) -> float:
    """Texels per face height on the skin in front of the ears, on average over its area."""
    uv, places = mesh.corner_uvs * size, mesh.corners(canonical)
    ab, ac = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    texels = np.abs(ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0])
    area = np.linalg.norm(np.cross(places[:, 1] - places[:, 0], places[:, 2] - places[:, 0]), axis=1)
    face = (places.mean(1)[:, 2] > 0) & (np.abs(places.mean(1)[:, 1]) < 0.5)
    return float(np.sqrt(texels[face].sum() / max(area[face].sum(), 1e-9)))
