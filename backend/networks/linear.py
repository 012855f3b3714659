"""The linear level: a PCA of the aligned textures. Strong on few identities, and free (design/prototype.md)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

#: Standard deviation of an observed texel about the model, sRGB, and how many texels count as one observation
#: (neighbours are correlated). From a search on 18 training faces left out of the fit: 21.9 dB unseen; 20.3 to 21.7
#: with stronger ridges.
NOISE, CORRELATED = 0.02, 120.0
#: Reach of the residual's spread, as a share of the atlas: more reach costs unseen texels, none costs seen ones.
SPREAD = (0.05,)


class LinearPrior:
    """x = mean + c · basis, c ~ N(0, diag(deviation^2)).

    mean: (S,S,3) float32 sRGB. basis: (K, S*S*3) float32, orthonormal rows. deviation: (K,).
    """

    def __init__(self, mean: NDArray, basis: NDArray, deviation: NDArray) -> None:
        self.mean, self.basis, self.deviation = mean, basis, deviation

    @property
    def size(self) -> int:
        return self.mean.shape[0]

    @classmethod
    def fit(cls, textures: NDArray, valid: NDArray, components: int) -> LinearPrior:
        """PCA of (N,S,S,3) float32 textures; texels without data (valid (N,S,S) 0) are imputed by the model itself."""
        weight = valid[..., None].astype(np.float32)
        mean = (textures * weight).sum(0) / np.maximum(weight.sum(0), 1e-6)
        filled = np.where(weight > 0.5, textures, mean)
        for _ in range(4):
            mean = filled.mean(0)
            centred = (filled - mean).reshape(len(filled), -1)
            u, s, basis = np.linalg.svd(centred, full_matrices=False)
            count = min(components, len(s))
            model = (u[:, :count] * s[:count]) @ basis[:count] + mean.ravel()
            filled = np.where(weight > 0.5, textures, model.reshape(textures.shape))
        deviation = s[:count] / np.sqrt(len(textures))
        return cls(mean.astype(np.float32), basis[:count].astype(np.float32), deviation.astype(np.float32))

    def truncated(self, components: int) -> LinearPrior:
        return LinearPrior(self.mean, self.basis[:components], self.deviation[:components])

    def fit_coefficients(self, colour: NDArray, confidence: NDArray) -> NDArray:
        """(K,) the confidence-weighted ridge fit: argmin sum w |x - mean - c B|^2 / noise^2 + |c / deviation|^2."""
        seen = confidence.ravel() > 0.01  # a quarter of the texels: the others only cost time
        weight = confidence.ravel()[seen].astype(np.float32) / (CORRELATED * NOISE**2)
        basis = self.basis.reshape(len(self.basis), -1, 3)[:, seen]
        weighted = (basis * weight[:, None]).reshape(len(basis), -1)
        difference = (colour - self.mean).reshape(-1, 3)[seen].ravel()
        system = weighted @ basis.reshape(len(basis), -1).T + np.diag(1 / np.maximum(self.deviation, 1e-3) ** 2)
        return np.linalg.solve(system, weighted @ difference).astype(np.float32)

    def decode(self, coefficients: NDArray) -> NDArray:
        """(S,S,3) of (K,)."""
        return (self.mean.ravel() + coefficients @ self.basis).reshape(self.mean.shape)

    def complete(self, colour: NDArray, confidence: NDArray, coefficients: NDArray | None = None) -> NDArray:
        """(S,S,3) sRGB: the fit, and the residual of what was seen spread to its surroundings.

        Args:
            colour: (S,S,3) float32 sRGB. confidence: (S,S) 0..1.
        """
        result = self.decode(self.fit_coefficients(colour, confidence) if coefficients is None else coefficients)
        for reach in SPREAD:
            sigma = reach * self.size
            weight = cv2.GaussianBlur(confidence.astype(np.float32), (0, 0), sigma)[..., None]
            residual = cv2.GaussianBlur(((colour - result) * confidence[..., None]).astype(np.float32), (0, 0), sigma)
            result = result + residual / (weight + 0.05)
        return np.clip(result, 0, 1).astype(np.float32)
