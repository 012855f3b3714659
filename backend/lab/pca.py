"""Linear priors fitted to pictures, and completion by one prior alone: for training, and to compare with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..models.bundle import Networks
from ..prior.linear import CORRELATED, ROUNDS, LinearPrior, carried, enlarged

#: What a plain PCA gets in the benchmark, and how many texels count as one observation there, as is best for it.
PLAIN_COMPONENTS, PLAIN_CORRELATED = 24, 120.0


def fit_many(textures: NDArray, components: int) -> LinearPrior:
    """PCA of (N,S,S,3) float32 textures, complete, by the eigenvectors of their N x N products."""
    mean = textures.mean(0)
    centred = (textures - mean).reshape(len(textures), -1)
    values, vectors = np.linalg.eigh((centred @ centred.T).astype(np.float64))
    count = min(components, len(textures) - 1)
    values, vectors = values[::-1][:count].clip(1e-9), vectors[:, ::-1][:, :count]
    basis = (vectors / np.sqrt(values)).T.astype(np.float32) @ centred
    return LinearPrior(mean.astype(np.float32), basis, np.sqrt(values / len(textures)).astype(np.float32))


def fit_mirrored(textures: NDArray, components: int) -> LinearPrior:
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
    return LinearPrior(
        mean.astype(np.float32), pictures[order].reshape(len(order), -1), np.sqrt(values[order]).astype(np.float32)
    )


def complete_alone(
    prior: LinearPrior, colour: NDArray, confidence: NDArray, rounds: int = ROUNDS, correlated: float = CORRELATED
) -> NDArray:
    """(T,T,3) sRGB: the fit, and the residual of what was seen spread to its surroundings.

    Args:
        colour: (T,T,3) float32 sRGB, T a multiple of the prior's own size. confidence: (T,T) 0..1.
        rounds, correlated: as in LinearPrior.fit().
    """
    texels = len(colour)
    if texels != prior.size:
        colour, confidence = prior.observed(colour, confidence)
    found = prior.fit(colour, confidence, rounds, correlated).unknowns.astype(np.float32)
    return enlarged(carried(prior.decode(found), colour, confidence), texels)


def truncated(prior: LinearPrior, components: int) -> LinearPrior:
    """The same with its strongest components alone."""
    return LinearPrior(prior.mean, prior.basis[:components], prior.deviation[:components])


def complete_plainly(networks: Networks, colour: NDArray, confidence: NDArray) -> NDArray:
    """(S,S,3) the plain baseline: 24 components, confidence-weighted ridge fit."""
    prior = truncated(networks.linear, PLAIN_COMPONENTS)
    return complete_alone(prior, colour, confidence, rounds=0, correlated=PLAIN_CORRELATED)
