"""The prior of partly seen pictures, and which of two priors a portrait asks for."""

from __future__ import annotations

import numpy as np
import pytest

from backend.lab.pca import complete_alone, fit_many
from backend.lab.training.missing import fit_missing
from backend.prior.experts import WIDER, Experts
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
    return fit_many(drawn(np.random.default_rng(0), 12, 1), COMPONENTS)


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
    errors = [np.abs(complete_alone(one, stranger, seen) - stranger)[hidden].mean() for one in (painted, people)]
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
    best = complete_alone(people, stranger, seen)
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


def test_both_joined_have_the_mean_and_covariance_of_their_mixture(painted, people):
    joined, shades = Experts(painted, people).joined, np.random.default_rng(3).normal(0, 1, (6, 3 * SIZE**2))

    def covariance(one: LinearPrior) -> np.ndarray:
        rows = (shades @ one.basis.T) * one.deviation
        return rows @ rows.T

    apart = (shades @ (people.mean - painted.mean).ravel()) / 2
    mixed = (covariance(painted) + covariance(people)) / 2 + np.outer(apart, apart)
    assert np.allclose(joined.mean, (painted.mean + people.mean) / 2)
    assert np.allclose(covariance(joined), mixed, rtol=1e-3, atol=1e-3 * np.abs(mixed).max())


def test_another_head_differs_the_more_the_less_was_seen_and_a_seed_gives_one_head(painted, people):
    stranger, experts = drawn(np.random.default_rng(7), 1, 5)[0], Experts(painted, people)

    def moved(rows: int) -> list[np.ndarray]:
        seen = np.zeros((SIZE, SIZE), np.float32)
        seen[:rows] = 1
        made = [experts.complete(stranger, seen, 1.0, np.random.default_rng(seed)) for seed in (1, 1, 2)]
        return [one - experts.complete(stranger, seen, 1.0) for one in made]

    first, again, other = moved(6)
    assert np.array_equal(first, again)
    assert np.abs(first - other).mean() > 0.3 * np.abs(first).mean()
    assert np.abs(first).mean() > 3 * np.abs(moved(SIZE)[0]).mean() > 0


def test_drawn_heads_stray_wider_than_the_posterior_says():
    random = np.random.default_rng(0)
    prior = LinearPrior(
        np.full((64, 64, 3), 0.5, np.float32),
        np.linalg.qr(random.normal(size=(64 * 64 * 3, 4)))[0].T.astype(np.float32),
        np.full(4, 3.0, np.float32),
    )
    nothing = np.zeros((64, 64), np.float32)
    experts, colour = Experts(prior, prior), np.zeros((64, 64, 3), np.float32)
    heads = [experts.complete(colour, nothing, 0.0, np.random.default_rng(seed)) - 0.5 for seed in range(40)]
    assert np.sqrt(np.mean([(one**2).sum() / 4 for one in heads])) == pytest.approx(WIDER * 3.0, rel=0.15)
