"""Probabilistic PCA of pictures of which each shows a part, by expectation maximisation.

x = mean + B z, z ~ N(0, I), a texel known as surely as its confidence (Tipping and Bishop, "Probabilistic Principal
Component Analysis", 1999, appendix B; with missing data: Ilin and Raiko, JMLR 2010). Places that nobody shows keep what
the start says of them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...prior.linear import CORRELATED, NOISE, LinearPrior

#: Weight of what the round before says of a texel, in pictures that show it wholly: with 4, places that few people show
#: are speckled; hidden skin of others is as good with 24.
RIDGE = 24.0
#: Rows of texels that are solved at once: memory.
CHUNK = 2048


def fit_missing(
    pictures: NDArray,
    confidence: NDArray,
    weight: NDArray,
    start: LinearPrior,
    rounds: int = 5,
    told: Callable[[int, float], None] = lambda done, error: None,
) -> LinearPrior:
    """A prior with the start's number of components.

    Args:
        pictures: (N,S,S,3) float32 sRGB, anything where not seen. confidence: (N,S,S) 0..1. weight: (N,) how much each
            picture counts. start: its size is S.
        told: called after each round with its number and the root of the mean squared error where seen.
    """
    count, size = len(pictures), start.size
    flat = pictures.reshape(count, -1, 3)
    seen = confidence.reshape(count, -1).astype(np.float32)
    mean = start.mean.reshape(-1, 3).copy()
    basis = (start.basis * start.deviation[:, None]).reshape(len(start.basis), -1, 3).copy()
    for done in range(rounds):
        z, second, error = expect(flat, seen, mean, basis)
        mean, basis = maximise(flat, seen * weight[:, None], z, second, mean, basis)
        mean, basis = whitened(z, second, weight, mean, basis)
        told(done, error)
    values, vectors = np.linalg.eigh((basis.reshape(len(basis), -1) @ basis.reshape(len(basis), -1).T).astype(float))
    values, vectors = values[::-1].clip(1e-9), vectors[:, ::-1]
    rows = (vectors / np.sqrt(values)).T.astype(np.float32) @ basis.reshape(len(basis), -1)
    return LinearPrior(mean.reshape(size, size, 3), rows, np.sqrt(values).astype(np.float32))


def expect(flat: NDArray, seen: NDArray, mean: NDArray, basis: NDArray) -> tuple[NDArray, NDArray, float]:
    """(N,K) means and (N,K,K) second moments of z given what each picture shows, and the error of the fit (sRGB).

    Args:
        flat: (N,T,3). seen: (N,T). mean: (T,3). basis: (K,T,3).
    """
    count, components = len(flat), len(basis)
    tau = np.float32(1 / (CORRELATED * NOISE**2))
    precision = np.zeros((count, components * components), np.float32)
    right = np.zeros((count, components), np.float32)
    for first in range(0, len(mean), CHUNK):
        part = slice(first, first + CHUNK)
        here = basis[:, part]
        products = np.einsum("ktc,ltc->tkl", here, here, optimize=True).reshape(here.shape[1], -1)
        precision += tau * seen[:, part] @ products
        centred = (flat[:, part] - mean[part]) * seen[:, part, None]
        right += tau * centred.reshape(count, -1) @ here.reshape(components, -1).T
    precision = precision.reshape(count, components, components) + np.eye(components, dtype=np.float32)
    covariance = np.linalg.inv(precision)
    z = (covariance @ right[..., None])[..., 0]
    error = total = 0.0
    for first in range(0, len(mean), CHUNK):
        part = slice(first, first + CHUNK)
        made = mean[part] + (z @ basis[:, part].reshape(components, -1)).reshape(count, -1, 3)
        error += float((((flat[:, part] - made) ** 2).mean(-1) * seen[:, part]).sum())
        total += float(seen[:, part].sum())
    return z, covariance + z[:, :, None] * z[:, None], (error / max(total, 1e-6)) ** 0.5


def maximise(
    flat: NDArray, seen: NDArray, z: NDArray, second: NDArray, mean: NDArray, basis: NDArray
) -> tuple[NDArray, NDArray]:
    """The mean (T,3) and basis (K,T,3) that explain the pictures best, texel by texel a ridge towards the old ones."""
    count, components = z.shape
    moments = np.zeros((count, components + 1, components + 1), np.float32)
    moments[:, 0, 0], moments[:, 0, 1:], moments[:, 1:, 0], moments[:, 1:, 1:] = 1, z, z, second
    with_one = moments[:, 0]
    old = np.concatenate([mean[None], basis]).transpose(1, 0, 2)
    found = np.empty_like(old)
    for first in range(0, len(mean), CHUNK):
        part = slice(first, first + CHUNK)
        system = (seen[:, part].T @ moments.reshape(count, -1)).reshape(-1, components + 1, components + 1)
        system += RIDGE * np.eye(components + 1, dtype=np.float32)
        right = np.stack([(flat[:, part, c] * seen[:, part]).T @ with_one for c in range(3)], -1)
        found[part] = np.linalg.solve(system, right + RIDGE * old[part])
    return found[:, 0], np.ascontiguousarray(found[:, 1:].transpose(1, 0, 2))


def whitened(z: NDArray, second: NDArray, weight: NDArray, mean: NDArray, basis: NDArray) -> tuple[NDArray, NDArray]:
    """The same model whose z has mean 0 and covariance I over the pictures."""
    share = weight / weight.sum()
    middle = share @ z
    covariance = np.tensordot(share, second, 1) - np.outer(middle, middle)
    factor = np.linalg.cholesky(covariance + 1e-6 * np.eye(len(covariance))).astype(np.float32)
    moved = mean + np.tensordot(middle.astype(np.float32), basis, 1)
    return moved, np.tensordot(factor.T, basis, 1)
