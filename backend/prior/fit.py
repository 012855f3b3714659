"""The one estimator: the likeliest unknowns of a linear Gaussian model, given evidence that is partly wrong.

Skin, light, camera and shape are all found by it. With x the unknowns, y_i what is observed, A_i what each unknown
changes of it and w_i its inverse variance:

    argmin over x of  sum_i w_i rho(|y_i - A_i x|) + (x - mean)' precision (x - mean)

which for the Cauchy rho is solved by iteratively reweighted least squares (Holland and Welsch 1977): glasses, cast
shadows and misregistered texels count less from round to round. The posterior is normal with the precision of the last
round (Bishop, Pattern Recognition and Machine Learning, eq. 3.49 to 3.51).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Evidence:
    """Evidence: m observations of k numbers each.

    columns: (q,m,k) what each of the q unknowns changes of them. wanted: (m,k) what they are, beyond the model's mean.
    weight: (m,) inverse variance. outlier: the residual at which an observation counts half; None where none is wrong.
    relative: the outlier is given in medians of all residuals, and least is their least median. power: 1 for Cauchy's
    weights, 0.5 for those of the pseudo-Huber loss, which never give an observation up.
    """

    columns: np.ndarray
    wanted: np.ndarray
    weight: np.ndarray
    outlier: float | None = None
    relative: bool = False
    least: float = 0.0
    power: float = 1.0

    def believed(self, found: np.ndarray) -> np.ndarray:
        """(m,) the weights, less for what the unknowns found so far do not explain."""
        if self.outlier is None:
            return self.weight
        squared = self.squared_residual(found)
        scale = self.outlier**2
        if self.relative:
            scale *= max(weighted_median(squared, self.weight), self.least**2)
        return self.weight / (1 + squared / scale) ** self.power

    def squared_residual(self, found: np.ndarray) -> np.ndarray:
        """(m,) |y - A x|^2."""
        explained = found.astype(self.columns.dtype) @ self.columns.reshape(len(self.columns), -1)
        return ((self.wanted - explained.reshape(self.wanted.shape)) ** 2).sum(1)


@dataclass(frozen=True)
class Fit:
    """unknowns: (q,) float64, the likeliest. precision: (q,q) inverse covariance of what they may be."""

    unknowns: np.ndarray
    precision: np.ndarray

    def sample(self, random: np.random.Generator) -> np.ndarray:
        """(q,) unknowns drawn from the posterior."""
        normal = random.standard_normal(len(self.unknowns))
        return self.unknowns + np.linalg.solve(np.linalg.cholesky(self.precision).T, normal)


def fit(
    evidence: Sequence[Evidence],
    precision: np.ndarray,
    mean: np.ndarray | None = None,
    *,
    rounds: int = 1,
    start: np.ndarray | None = None,
) -> Fit:
    """Find the unknowns.

    Args:
        precision: (q,) or (q,q) of the prior. mean: (q,) of the prior, zero where it is not said.
        rounds: solutions; all after the first are reweighted by the one before, the first by start where it is given.
    """
    prior = np.diag(precision) if precision.ndim == 1 else precision
    pull = np.zeros(len(prior)) if mean is None else prior @ mean
    found, system = start, prior
    for _ in range(rounds):
        system, push = prior.astype(np.float64), pull.astype(np.float64)
        for one in evidence:
            weight = one.weight if found is None else one.believed(found)
            flat = one.columns.reshape(len(one.columns), -1)
            weighted = flat * np.repeat(weight, one.wanted.shape[1]).astype(flat.dtype)
            system = system + weighted @ flat.T
            push = push + weighted @ one.wanted.ravel()
        found = np.linalg.solve(system, push)
    return Fit(found, system)


def weighted_median(values: np.ndarray, weight: np.ndarray) -> float:
    """Of (n,) values; 0 of none."""
    order = np.argsort(values)
    share = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(share, share[-1] / 2)]) if len(values) else 0.0
