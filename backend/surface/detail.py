"""A periodic square whose octaves are as strong and as coloured as the hair that shows."""

from __future__ import annotations

import numpy as np

from ..imaging.bands import passed
from ..imaging.sample import LUMINANCE
from .measured import OPPONENT, Grain, limited

#: Face heights after which the square repeats.
PERIOD = 1.0
#: Texels handled at once.
CHUNK = 1 << 20
#: Detail follows the root of the tone of the skin that it lies on, within these ratios.
TONES = (0.6, 1.2)
PAD = 4


def strength(colour: np.ndarray, tone: float) -> np.ndarray:
    """(n,) how strong detail is on (n,3) sRGB colours, beside the luminance that it was measured on."""
    return np.clip(np.sqrt(colour @ LUMINANCE / max(tone, 0.02)), *TONES)


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
