"""The one estimator, beside a slow twin that spells the equation out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from backend.prior.fit import Evidence, fit, weighted_median

UNKNOWNS, SEEN, CHANNELS = 4, 60, 3


@pytest.fixture
def model():
    random = np.random.default_rng(0)
    columns, truth = random.normal(size=(UNKNOWNS, SEEN, CHANNELS)), random.normal(size=UNKNOWNS)
    wanted = np.tensordot(truth, columns, 1) + random.normal(0, 0.05, (SEEN, CHANNELS))
    return columns, wanted, random.uniform(20, 400, SEEN), truth


def test_it_is_the_minimum_of_the_equation(model):
    """Gaussian evidence, a full prior with a mean: as a general minimiser finds it."""
    columns, wanted, weight, _ = model
    precision, mean = np.diag([1.0, 2.0, 3.0, 4.0]) + 0.3, np.array([0.5, -1.0, 0.0, 2.0])

    def energy(x: np.ndarray) -> float:
        total = (x - mean) @ precision @ (x - mean)
        for m in range(SEEN):
            total += weight[m] * sum((wanted[m, k] - columns[:, m, k] @ x) ** 2 for k in range(CHANNELS))
        return total

    found = fit([Evidence(columns, wanted, weight)], precision, mean)
    assert np.allclose(found.unknowns, minimize(energy, np.zeros(UNKNOWNS), tol=1e-10).x, atol=1e-4)
    by_hand = precision + sum(weight[m] * columns[:, m] @ columns[:, m].T for m in range(SEEN))
    assert np.allclose(found.precision, by_hand)


def test_two_kinds_of_evidence_count_as_one_of_both(model):
    columns, wanted, weight, _ = model
    whole = fit([Evidence(columns, wanted, weight)], np.ones(UNKNOWNS))
    halves = [Evidence(columns[:, part], wanted[part], weight[part]) for part in (slice(20), slice(20, None))]
    assert np.allclose(fit(halves, np.ones(UNKNOWNS)).unknowns, whole.unknowns)


@pytest.mark.parametrize("relative", [False, True])
def test_what_is_wrong_is_given_up_from_round_to_round(model, relative):
    columns, wanted, weight, truth = model
    wrong = wanted.copy()
    wrong[:15] += columns[0, :15] * 3
    evidence = Evidence(columns, wrong, weight, 2.0 if relative else 0.2, relative, 0.02)
    away = [np.abs(fit([evidence], np.ones(UNKNOWNS), rounds=rounds).unknowns - truth).max() for rounds in (1, 8)]
    assert away[1] < 0.05 < 0.1 < away[0]
    shares = evidence.believed(truth) / weight
    assert np.median(shares[:15]) < 0.1 < 0.5 < np.median(shares[15:])


def test_a_start_is_where_reweighting_begins(model):
    columns, wanted, weight, truth = model
    wrong = wanted.copy()
    wrong[:25] += 4
    evidence = Evidence(columns, wrong, weight, 0.2)
    once = fit([evidence], np.ones(UNKNOWNS), start=truth).unknowns
    assert np.abs(once - truth).max() < 0.1 < np.abs(fit([evidence], np.ones(UNKNOWNS)).unknowns - truth).max()


def test_samples_have_the_posteriors_spread(model):
    columns, wanted, weight, _ = model
    found = fit([Evidence(columns, wanted, 0.01 * weight)], np.ones(UNKNOWNS))
    random = np.random.default_rng(1)
    drawn = np.array([found.sample(random) for _ in range(4000)])
    assert np.allclose(drawn.mean(0), found.unknowns, atol=0.02)
    assert np.allclose(np.cov(drawn.T), np.linalg.inv(found.precision), atol=0.003)


def test_the_weighted_median_counts_weights():
    values = np.array([3.0, 1.0, 2.0])
    assert weighted_median(values, np.array([1.0, 1.0, 1.0])) == 2
    assert weighted_median(values, np.array([5.0, 1.0, 1.0])) == 3
    assert weighted_median(values[:0], values[:0]) == 0
