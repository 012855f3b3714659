"""The linear level: a PCA of the aligned textures. Strong on few identities, and free (design/prototype.md)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..texture.sample import spread

#: Standard deviation of an observed texel about the model, sRGB, and how many texels count as one observation
#: (neighbours are correlated). From a search on 18 training faces left out of the fit: 21.9 dB unseen; 20.3 to 21.7
#: with stronger ridges.
NOISE, CORRELATED = 0.02, 120.0
#: The same for the robust fit, and the light's own deviation, as a share of the mean's colour; the residual at which a
#: texel counts half; rounds of reweighting. From a search on 66 rendered portraits of training faces left out of the
#: fit: 23.9 dB unseen against 23.2 of the plain fit; without light 0.1 less, without weights 0.25 less.
ROBUST_CORRELATED, LIGHT, OUTLIER, ROUNDS = 400.0, 0.03, 0.1, 3
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
        """PCA of (N,S,S,3) float32 textures.

        Texels without data (valid (N,S,S) 0) begin as their nearest ones: begun as the others' mean they kept its tone,
        with an edge. Then the model imputes them itself.
        """
        weight = valid[..., None].astype(np.float32)
        filled = np.array([spread(t, v > 0.5) for t, v in zip(textures, valid, strict=True)])
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

    def fit_robust(self, colour: NDArray, confidence: NDArray, light: NDArray) -> tuple[NDArray, NDArray]:
        """The fit that misregistered texels and leftover light mislead less.

        Coefficients and a smooth light are fitted together, c and l of argmin sum w |x - mean - c B - mean (l H)|^2 /
        noise^2 + |c / deviation|^2 + |l / LIGHT|^2, with Cauchy weights from the round before (iteratively reweighted
        least squares, Holland and Welsch 1977).

        Args:
            light: (S,S,L) smooth functions H on the head, such as spherical harmonics of its normals.

        Returns:
            (K,) coefficients and (S,S,3) what the light adds to the texture.
        """
        seen = confidence.ravel() > 0.01
        count = len(self.basis)
        harmonics = light.reshape(-1, light.shape[-1]).T
        shading = harmonics[:, seen, None] * self.mean.reshape(-1, 3)[seen]
        basis = np.concatenate([self.basis.reshape(count, -1, 3)[:, seen], shading])
        pull = np.concatenate([1 / np.maximum(self.deviation, 1e-3) ** 2, np.full(len(harmonics), LIGHT**-2)])
        difference = (colour - self.mean).reshape(-1, 3)[seen]
        base = confidence.ravel()[seen].astype(np.float32) / (ROBUST_CORRELATED * NOISE**2)
        weight = base
        for _ in range(ROUNDS + 1):
            weighted = (basis * weight[:, None]).reshape(len(basis), -1)
            system = weighted @ basis.reshape(len(basis), -1).T + np.diag(pull)
            found = np.linalg.solve(system, weighted @ difference.ravel()).astype(np.float32)
            residual = difference - np.tensordot(found, basis, 1)
            weight = base / (1 + (residual**2).sum(1) / OUTLIER**2)
        lit = self.mean * (found[count:] @ harmonics).reshape(*self.mean.shape[:2], 1)
        return found[:count], lit.astype(np.float32)

    def decode(self, coefficients: NDArray) -> NDArray:
        """(S,S,3) of (K,)."""
        return (self.mean.ravel() + coefficients @ self.basis).reshape(self.mean.shape)

    def complete(self, colour: NDArray, confidence: NDArray, light: NDArray | None = None) -> NDArray:
        """(S,S,3) sRGB: the fit, and the residual of what was seen spread to its surroundings.

        Args:
            colour: (S,S,3) float32 sRGB. confidence: (S,S) 0..1. light: as in fit_robust, which is used with it.
        """
        if light is None:
            result = self.decode(self.fit_coefficients(colour, confidence))
        else:
            coefficients, lit = self.fit_robust(colour, confidence, light)
            result, colour = self.decode(coefficients), colour - lit
        for reach in SPREAD:
            sigma = reach * self.size
            weight = cv2.GaussianBlur(confidence.astype(np.float32), (0, 0), sigma)[..., None]
            residual = cv2.GaussianBlur(((colour - result) * confidence[..., None]).astype(np.float32), (0, 0), sigma)
            result = result + residual / (weight + 0.05)
        return np.clip(result, 0, 1).astype(np.float32)
