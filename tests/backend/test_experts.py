"""The prior of partly seen pictures, and which of two priors a portrait asks for."""

from __future__ import annotations

import numpy as np
import pytest

from backend.lab.training.missing import fit_missing
from backend.prior.experts import Experts
from backend.prior.linear import LinearPrior

SIZE, COMPONENTS = 128, 4


def drawn(random: np.random.Generator, count: int, speed: int) -> np.ndarray:
    """(count,SIZE,SIZE,3) pictures of waves of one family, with random strengths and colours."""
    y, x = (np.mgrid[:SIZE, :SIZE] + 0.5) / SIZE
    waves = np.stack([np.cos(np.pi * (speed + k) * y) * np.cos(2 * np.pi * k * x) for k in range(COMPONENTS)])
    colours = np.random.default_rng(speed).normal(0, 1, (COMPONENTS, 3))
    strengths = random.normal(0, 0.06, (count, COMPONENTS))
    return (0.5 + np.einsum("nk,kyx,kc->nyxc", strengths, waves, colours)).astype(np.float32)


@pytest.fixture(scope="module")
def painted() -> LinearPrior:
    return LinearPrior.fit_many(drawn(np.random.default_rng(0), 12, 1), COMPONENTS)


@pytest.fixture(scope="module")
def halves() -> tuple[np.ndarray, np.ndarray]:
    """Pictures of another family, of which each shows one half or the other; none shows the lowest rows."""
    pictures, seen = drawn(np.random.default_rng(1), 60, 5), np.zeros((60, SIZE, SIZE), np.float32)
    seen[::2, :100, :80], seen[1::2, :100, 48:] = 1, 1
    pictures[seen == 0] = 0.9
    return pictures, seen


@pytest.fixture(scope="module")
def people(painted, halves) -> LinearPrior:
    return fit_missing(*halves, np.ones(60, np.float32), painted, rounds=6)


def test_em_learns_a_family_that_no_picture_shows_whole(painted, people):
    stranger, seen = drawn(np.random.default_rng(7), 1, 5)[0], np.zeros((SIZE, SIZE), np.float32)
    seen[:100, :64] = 1
    hidden = np.zeros_like(seen, bool)
    hidden[:100, 70:] = True
    errors = [np.abs(one.complete(stranger, seen) - stranger)[hidden].mean() for one in (painted, people)]
    assert errors[1] < 0.25 * errors[0]
    assert np.allclose(people.basis @ people.basis.T, np.eye(COMPONENTS), atol=1e-3)


def test_places_that_nobody_shows_keep_what_the_start_says(painted, people):
    """Its mean, and pictures within the range of the start's."""
    low = (slice(110, None), slice(None))
    assert np.abs(people.mean - painted.mean)[low].max() < 0.1
    span = painted.basis.reshape(COMPONENTS, SIZE, SIZE, 3)[(slice(None), *low)].reshape(COMPONENTS, -1).T
    mine = people.basis.reshape(COMPONENTS, SIZE, SIZE, 3)[(slice(None), *low)].reshape(COMPONENTS, -1).T
    left = mine - span @ np.linalg.lstsq(span, mine, rcond=None)[0]
    assert np.abs(left).max() < 1e-4


def test_a_person_of_no_weight_changes_nothing(painted, halves):
    pictures, seen = halves
    weight = np.ones(len(pictures), np.float32)
    odd = pictures.copy()
    odd[0] = 1 - odd[0]
    weight[0] = 0
    first, second = (fit_missing(one, seen, weight, painted, rounds=2) for one in (pictures, odd))
    assert np.allclose(first.mean, second.mean, atol=1e-4)


def test_the_evidence_chooses_the_prior_that_made_the_picture(painted, people):
    experts = Experts(painted, people)
    seen = np.zeros((SIZE, SIZE), np.float32)
    seen[10:100, 20:100] = 1
    assert experts.evidence(drawn(np.random.default_rng(8), 1, 1)[0], seen) < 0.1
    stranger = drawn(np.random.default_rng(9), 1, 5)[0]
    assert experts.evidence(stranger, seen) > 0.9
    best = people.complete(stranger, seen)
    assert np.abs(experts.complete(stranger, seen) - best).max() < 0.05
    assert experts.evidence(stranger, np.zeros_like(seen)) == 0.5  # nothing seen says nothing


def test_where_portraits_show_nobody_the_painted_prior_is_alone(painted, people):
    shown = np.ones((SIZE, SIZE), np.float32)
    shown[104:] = 0
    stranger, seen = drawn(np.random.default_rng(9), 1, 5)[0], np.zeros((SIZE, SIZE), np.float32)
    seen[10:60, 20:100] = 1
    made, everywhere, alone = (
        experts.complete(stranger, seen, share)
        for experts, share in (
            (Experts(painted, people, shown), 1.0),
            (Experts(painted, people), 1.0),
            (Experts(painted, people), 0.0),
        )
    )
    assert np.abs(made - alone)[110:].max() < 0.02 < np.abs(everywhere - alone)[110:].max()
    assert np.abs(made - everywhere)[20:50].max() < 0.02
