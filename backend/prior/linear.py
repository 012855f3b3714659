"""The linear level: a PCA of the aligned textures. Strong on few identities, and free (design/prototype.md)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .fit import Evidence, Fit, fit

#: Standard deviation of an observed texel about the model, sRGB, and how many texels count as one observation
#: (neighbours are correlated); the residual at which a texel counts half, in medians of all residuals, and rounds of
#: reweighting. From a search on 125 rendered portraits and 54 drawn observations of training faces left out of the fit:
#: 0.3 and 0.05 dB unseen over the plain fit (120, no rounds); an outlier of fixed size gains half of it on photographs,
#: a leftover light fitted besides costs 0.3, for light was fitted together with the skin before (prior/light.py).
NOISE, CORRELATED = 0.02, 30.0
OUTLIER, ROUNDS = 2.0, 3
#: Reach of the residual's spread, as a share of the atlas: more reach costs hidden texels, none costs visible ones.
REACH = 0.05
#: Texels of coarse fits, of light and of two priors side by side: a quarter of the priors', for a quarter of the time.
COARSE = 64


class LinearPrior:
    """x = mean + c · basis, c ~ N(0, diag(deviation^2)).

    mean: (S,S,3) float32 sRGB. basis: (K, S*S*3) float32, orthonormal rows. deviation: (K,).
    """

    def __init__(self, mean: NDArray, basis: NDArray, deviation: NDArray) -> None:
        self.mean, self.basis, self.deviation = mean, basis, deviation
        self._shrunken: dict[int, LinearPrior] = {}

    @property
    def size(self) -> int:
        return self.mean.shape[0]

    def shrunk(self, size: int) -> LinearPrior:
        """The same at fewer texels, a divisor of its own; its pictures are no longer orthonormal."""
        share = self.size // size
        if size not in self._shrunken:
            small = self.basis.reshape(-1, size, share, size, share, 3).mean((2, 4))
            mean = self.mean.reshape(size, share, size, share, 3).mean((1, 3))
            self._shrunken[size] = LinearPrior(mean, small.reshape(len(small), -1), self.deviation)
        return self._shrunken[size]

    def fit(self, colour: NDArray, confidence: NDArray, rounds: int = ROUNDS, correlated: float = CORRELATED) -> Fit:
        """The (K,) coefficients of the confidence-weighted ridge fit: argmin sum w |x - mean - c B|^2 / noise^2 +
        |c / deviation|^2, where what does not belong to the skin (glasses, cast shadows, misregistered texels) counts
        less: Cauchy weights from the round before (iteratively reweighted least squares, Holland and Welsch 1977).

        Args:
            colour: (S,S,3) sRGB. confidence: (S,S) 0..1.
            rounds: of reweighting; 0 for the plain fit. correlated: how many texels count as one observation.
        """
        visible = confidence.ravel() > 0.01  # a quarter of the texels: the others only cost time
        evidence = Evidence(
            self.basis.reshape(len(self.basis), -1, 3)[:, visible],
            (colour - self.mean).reshape(-1, 3)[visible],
            confidence.ravel()[visible].astype(np.float32) / (correlated * NOISE**2),
            OUTLIER,
            relative=True,
            least=NOISE,
        )
        return fit([evidence], 1 / np.maximum(self.deviation, 1e-3) ** 2, rounds=rounds + 1)

    def decode(self, coefficients: NDArray) -> NDArray:
        """(S,S,3) of (K,)."""
        return (self.mean.ravel() + coefficients @ self.basis).reshape(self.mean.shape)

    def observed(self, colour: NDArray, confidence: NDArray) -> tuple[NDArray, NDArray]:
        """(T,T,3) colour and (T,T) confidence at the prior's size; colours count as far as they are visible."""

        def small(picture: NDArray) -> NDArray:
            return cv2.resize(picture, (self.size, self.size), interpolation=cv2.INTER_AREA)

        weight = small(confidence.astype(np.float32))
        visible = small(np.ascontiguousarray(colour * confidence[..., None], np.float32))
        return visible / np.maximum(weight, 1e-4)[..., None], weight


def carried(result: NDArray, colour: NDArray, confidence: NDArray) -> NDArray:
    """(S,S,3) a completion with the residual of what is visible spread to its surroundings."""
    sigma = REACH * len(result)
    weight = cv2.GaussianBlur(confidence.astype(np.float32), (0, 0), sigma)[..., None]
    residual = cv2.GaussianBlur(((colour - result) * confidence[..., None]).astype(np.float32), (0, 0), sigma)
    return result + residual / (weight + 0.05)


def enlarged(result: NDArray, texels: int) -> NDArray:
    """(T,T,3) sRGB 0..1 of a completion (S,S,3)."""
    if texels != len(result):
        result = cv2.resize(result, (texels, texels), interpolation=cv2.INTER_CUBIC)
    return np.clip(result, 0, 1).astype(np.float32)
