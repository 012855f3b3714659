"""The three stages with the bundled networks: what each promises, whatever the weights."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from backend.errors import Cancelled
from backend.job import StageOptions
from backend.lab.pca import complete_alone
from backend.models.bundle import Networks, load_networks
from backend.stages import STAGES
from backend.stages.latent import regenerated
from backend.stages.stage import AtlasObservation, Work


@pytest.fixture(scope="module")
def networks() -> Networks:
    return load_networks("cpu")


@pytest.fixture(scope="module")
def truth(networks) -> np.ndarray:
    """(S,S,3) sRGB: a face of the prior's own, off the mean."""
    coefficients = np.zeros(len(networks.linear.basis), np.float32)
    coefficients[:3] = networks.linear.deviation[:3] * (-1.0, 0.6, 0.4)
    small = networks.linear.decode(coefficients).clip(0, 1).astype(np.float32)
    return cv2.resize(small, (networks.size, networks.size), interpolation=cv2.INTER_LINEAR)


@pytest.fixture(scope="module")
def seen(networks, truth) -> AtlasObservation:
    """The front of that face, as a portrait would show it; black elsewhere."""
    confidence = np.zeros((networks.size, networks.size), np.float32)
    confidence[90:200, 80:180] = 1
    return AtlasObservation(truth * confidence[..., None], confidence, "photo")


def silent(share: float) -> None:
    """Nobody watches."""


def inpaint(seen: AtlasObservation, networks: Networks, seed: int, on_step=silent) -> np.ndarray:
    """Stage 1 on the priors' completion: a sample where the seed is not 0."""
    start = networks.experts.complete(seen.color, seen.confidence)
    return STAGES["inpaint"](Work(seen, networks, StageOptions(seed=seed, another=seed != 0), on_step), start)


def fit_latent(
    seen: AtlasObservation, completion: np.ndarray, networks: Networks, share: float = 0.25, on_step=silent
) -> np.ndarray:
    return STAGES["latent"](Work(seen, networks, on_step=on_step), completion, share)


def repaint(
    seen: AtlasObservation, completion: np.ndarray, networks: Networks, seed: int, share: float = 0.35, on_step=silent
) -> np.ndarray:
    return STAGES["repaint"](Work(seen, networks, StageOptions(seed=seed), on_step), completion, share)


@pytest.fixture(scope="module")
def completed(seen, networks) -> np.ndarray:
    return inpaint(seen, networks, seed=0)


def distance(result: np.ndarray, truth: np.ndarray, networks: Networks, where: np.ndarray) -> float:
    return float(np.sqrt(((result - truth) ** 2)[where & networks.known].mean()))


def is_a_picture(result: np.ndarray, networks: Networks) -> bool:
    return (
        result.shape == (networks.size, networks.size, 3)
        and result.dtype == np.float32
        and bool(np.isfinite(result).all())
        and result.min() >= 0
        and result.max() <= 1
    )


def test_the_stages_complete_a_face_better_than_its_median_colour(seen, completed, truth, networks):
    latent = fit_latent(seen, completed, networks)
    final = repaint(seen, latent, networks, seed=1)
    unseen = seen.confidence == 0
    median = np.median(truth[~unseen], axis=0)
    plain = distance(np.broadcast_to(median, truth.shape), truth, networks, unseen)
    for result in (completed, latent, final):
        assert is_a_picture(result, networks)
        assert distance(result, truth, networks, unseen) < 0.7 * plain


def test_what_was_seen_stays(seen, completed, truth, networks):
    final = repaint(seen, fit_latent(seen, completed, networks), networks, seed=1)
    assert distance(final, truth, networks, seen.confidence == 1) < 0.05


def test_same_seed_same_texture_another_seed_another(seen, completed, networks):
    assert np.array_equal(inpaint(seen, networks, seed=0), completed)
    samples = [inpaint(seen, networks, seed=seed) for seed in (1, 2)]
    assert np.array_equal(inpaint(seen, networks, seed=1), samples[0])
    unseen = seen.confidence == 0
    assert all(
        distance(one, other, networks, unseen) > 0.01
        for one, other in ((samples[0], samples[1]), (samples[0], completed))
    )


def test_unseen_colours_do_not_matter(seen, completed, networks):
    """The texels without confidence hold whatever the projection left there."""
    garbage = np.where(seen.confidence[..., None] > 0, seen.color, np.float32(0.9))
    other = AtlasObservation(garbage, seen.confidence, seen.style)
    assert np.allclose(inpaint(other, networks, seed=0), completed, atol=1e-4)


def test_nothing_seen_still_gives_a_face(networks):
    nothing = np.zeros((networks.size, networks.size), np.float32)
    empty = AtlasObservation(np.repeat(nothing[..., None], 3, 2), nothing, "photo")
    first = inpaint(empty, networks, seed=0)
    latent = fit_latent(empty, first, networks)
    final = repaint(empty, latent, networks, seed=0)
    assert is_a_picture(final, networks)


def test_the_completion_forgives_what_is_no_skin(seen, truth, networks):
    """The portrait of the prior's own face with dark glasses and a smear across the cheek."""
    colour = seen.color.copy()
    colour[120:136, 84:150], colour[160:176, 90:120] = 0.1, 0.9
    unseen = seen.confidence == 0
    plain = complete_alone(networks.linear, colour, seen.confidence, rounds=0)
    robust = complete_alone(networks.linear, colour, seen.confidence)
    assert distance(robust, truth, networks, unseen) < 0.6 * distance(plain, truth, networks, unseen)


@pytest.mark.parametrize("share", [0.4, 0.9])
def test_the_latent_goes_as_far_as_asked_to_the_generators_texture(seen, completed, networks, share):
    moved = fit_latent(seen, completed, networks, share) - completed
    apart = regenerated(networks, completed, seen).clip(0, 1) - completed
    far = np.abs(apart) > 0.02
    assert far.sum() > 100 and np.allclose(moved[far] / apart[far], share, atol=0.02)


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_that_is_not_followed_paints_nothing_and_asks_no_network(seen, completed, networks, name):
    nobody = replace(networks, completer=None, generator=None, repainter=None)
    made = STAGES[name](Work(seen, nobody), completed, 0.0)
    assert np.allclose(made, completed, atol=1e-6) == (name != "repaint")
    unseen = cv2.blur(seen.confidence, (25, 25)) == 0
    assert np.allclose(made[unseen], completed[unseen], atol=1e-6)


@pytest.mark.parametrize("name", ["inpaint", "repaint"])
def test_a_stage_goes_as_far_as_asked(seen, completed, networks, name):
    unseen = cv2.blur(seen.confidence, (25, 25)) == 0
    whole, part = (STAGES[name](Work(seen, networks), completed, share) - completed for share in (1, 0.25))
    far = (np.abs(whole) > 0.004) & unseen[..., None]
    assert far.sum() > 100 and np.allclose(part[far] / whole[far], 0.25, atol=0.05)


def test_repainting_brings_the_portraits_detail_and_leaves_its_light(seen, completed, networks):
    """The portrait shows a mole and brighter skin; the mole is taken over, the brightness is not."""
    colour = seen.color + np.where(seen.confidence[..., None] > 0, np.float32(0.06), 0)
    colour[140:146, 104:110] -= 0.3
    other = AtlasObservation(np.clip(colour, 0, 1), seen.confidence, seen.style)
    latent = seen.color * seen.confidence[..., None] + completed * (1 - seen.confidence[..., None])
    change = repaint(other, latent, networks, seed=0) - latent
    assert change[140:146, 104:110].mean() < -0.12
    assert abs(np.median(change[120:180, 120:170])) < 0.03
    far = cv2.blur(seen.confidence, (25, 25)) == 0
    painted = cv2.GaussianBlur(change, (0, 0), 12)
    assert np.abs(painted[far & networks.known]).max() < 0.01


def test_skin_made_up_is_rougher_beside_rougher_skin(seen, truth, completed, networks):
    """The same face, smooth, and with a photograph's noise."""
    smooth = cv2.GaussianBlur(truth, (0, 0), 2)
    noise = cv2.GaussianBlur(np.random.default_rng(0).normal(0, 0.15, truth.shape[:2]).astype(np.float32), (0, 0), 0.7)
    made = [
        repaint(
            AtlasObservation(np.clip(colour, 0, 1) * seen.confidence[..., None], seen.confidence, seen.style),
            completed,
            networks,
            seed=0,
        )
        for colour in (smooth, smooth + noise[..., None])
    ]
    cheek = (slice(150, 190), slice(40, 70))  # beside what is seen
    calm, lively = ((one - completed)[cheek].std() for one in made)
    assert 1.2 * calm < lively


def test_detail_is_drawn_by_the_seed(seen, completed, networks):
    one, same, other = (repaint(seen, completed, networks, seed=seed) for seed in (3, 3, 4))
    unseen = seen.confidence == 0
    assert np.array_equal(one, same) and distance(one, other, networks, unseen) > 0.0005
    assert np.allclose(one[~unseen], other[~unseen], atol=1e-4)


def test_every_stage_reports_and_can_be_stopped(seen, completed, networks):
    for stage in (
        lambda on_step: inpaint(seen, networks, seed=0, on_step=on_step),
        lambda on_step: fit_latent(seen, completed, networks, share=1, on_step=on_step),
        lambda on_step: repaint(seen, completed, networks, seed=0, on_step=on_step),
    ):
        fractions: list[float] = []
        stage(fractions.append)
        assert fractions == sorted(fractions) and fractions[-1] == 1

        def stop(fraction: float) -> None:
            raise Cancelled

        with pytest.raises(Cancelled):
            stage(stop)
