"""The linear level: a PCA of the aligned textures. Strong on few identities, and free (design/prototype.md)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

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
        self._shrunken: dict[int, LinearPrior] = {}

    @property
    def size(self) -> int:
        return self.mean.shape[0]

    @classmethod
    def fit_many(cls, textures: NDArray, components: int) -> LinearPrior:
        """PCA of (N,S,S,3) float32 textures, complete, by the eigenvectors of their N x N products."""
        mean = textures.mean(0)
        centred = (textures - mean).reshape(len(textures), -1)
        values, vectors = np.linalg.eigh((centred @ centred.T).astype(np.float64))
        count = min(components, len(textures) - 1)
        values, vectors = values[::-1][:count].clip(1e-9), vectors[:, ::-1][:, :count]
        basis = (vectors / np.sqrt(values)).T.astype(np.float32) @ centred
        return cls(mean.astype(np.float32), basis, np.sqrt(values / len(textures)).astype(np.float32))

    @classmethod
    def fit_mirrored(cls, textures: NDArray, components: int) -> LinearPrior:
        """PCA of (N,S,S,3) textures and of their mirror images: half its pictures are symmetric, half antisymmetric.

        The two halves have no covariance with each other, so each is a PCA of N half pictures.
        """
        half = textures.shape[2] // 2
        mean = (textures.mean(0) + textures.mean(0)[:, ::-1]) / 2
        values, pictures = [], []
        for sign in (1, -1):
            part = (textures - mean)[:, :, :half]
            part = (part + sign * (textures - mean)[:, :, : half - 1 : -1]).reshape(len(textures), -1) / 2
            power, vectors = np.linalg.eigh((part @ part.T).astype(np.float64))
            count = min(components, len(textures) - 1)
            power, vectors = power[::-1][:count].clip(1e-9), vectors[:, ::-1][:, :count]
            found = ((vectors / np.sqrt(2 * power)).T.astype(np.float32) @ part).reshape(count, -1, half, 3)
            pictures.append(np.concatenate([found, sign * found[:, :, ::-1]], 2))
            values.append(2 * power / len(textures))
        values, pictures = np.concatenate(values), np.concatenate(pictures)
        order = np.argsort(-values)[:components]
        return cls(
            mean.astype(np.float32), pictures[order].reshape(len(order), -1), np.sqrt(values[order]).astype(np.float32),
        )

    def truncated(self, components: int) -> LinearPrior:
        return LinearPrior(self.mean, self.basis[:components], self.deviation[:components])

    def shrunk(self, size: int) -> LinearPrior:
        """The same at fewer texels, a divisor of its own; its pictures are no longer orthonormal."""
        share = self.size // size
        if size not in self._shrunken:
            small = self.basis.reshape(-1, size, share, size, share, 3).mean((2, 4))
            mean = self.mean.reshape(size, share, size, share, 3).mean((1, 3))
            self._shrunken[size] = LinearPrior(mean, small.reshape(len(small), -1), self.deviation)
        return self._shrunken[size]

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
        """(T,T,3) sRGB: the fit, and the residual of what was seen spread to its surroundings.

        Args:
            colour: (T,T,3) float32 sRGB, T a multiple of the prior's own size. confidence: (T,T) 0..1.
            light: (T,T,L) as in fit_robust, which is used with it.
        """
        texels = len(colour)
        if texels != self.size:
            colour, confidence, light = self._observed(colour, confidence, light)
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
        if texels != self.size:
            result = cv2.resize(result, (texels, texels), interpolation=cv2.INTER_CUBIC)
        return np.clip(result, 0, 1).astype(np.float32)

    def _observed(self, colour: NDArray, confidence: NDArray, light: NDArray | None) -> tuple:
        """The arguments of complete() at the prior's size; colours count as far as they were seen."""
        def small(picture: NDArray) -> NDArray:
            return cv2.resize(picture, (self.size, self.size), interpolation=cv2.INTER_AREA)

        weight = small(confidence.astype(np.float32))
        seen = small(np.ascontiguousarray(colour * confidence[..., None], np.float32))
        if light is not None:  # OpenCV resizes four channels at most
            light = np.concatenate([np.atleast_3d(small(np.ascontiguousarray(light[..., i : i + 4])))
                                    for i in range(0, light.shape[-1], 4)], -1)
        return seen / np.maximum(weight, 1e-4)[..., None], weight, light
