"""The three stages with the bundled networks: what each promises, whatever the weights."""

from __future__ import annotations

import numpy as np
import pytest

from backend.errors import Cancelled
from backend.models.bundle import Networks, load_networks
from backend.stages.inpaint import inpaint
from backend.stages.latent import fit_latent, match_tone
from backend.stages.observation import AtlasObservation
from backend.stages.repaint import repaint


@pytest.fixture(scope="module")
def networks() -> Networks:
    return load_networks("cpu")


@pytest.fixture(scope="module")
def truth(networks) -> np.ndarray:
    """(S,S,3) sRGB: a face of the prior's own, off the mean."""
    coefficients = np.zeros(len(networks.linear.basis), np.float32)
    coefficients[:3] = networks.linear.deviation[:3] * (-1.0, 0.6, 0.4)
    return networks.linear.decode(coefficients).clip(0, 1).astype(np.float32)


@pytest.fixture(scope="module")
def seen(networks, truth) -> AtlasObservation:
    """The front of that face, as a portrait would show it; black elsewhere."""
    confidence = np.zeros((networks.size, networks.size), np.float32)
    confidence[45:100, 40:90] = 1
    return AtlasObservation(truth * confidence[..., None], confidence, "photo")


@pytest.fixture(scope="module")
def completed(seen, networks) -> np.ndarray:
    return inpaint(seen, networks, seed=1)


def distance(result: np.ndarray, truth: np.ndarray, networks: Networks, where: np.ndarray) -> float:
    return float(np.sqrt(((result - truth) ** 2)[where & networks.known].mean()))


def is_a_picture(result: np.ndarray, networks: Networks) -> bool:
    return (result.shape == (networks.size, networks.size, 3) and result.dtype == np.float32
            and bool(np.isfinite(result).all()) and result.min() >= 0 and result.max() <= 1)


def test_the_stages_complete_a_face_better_than_its_median_colour(seen, completed, truth, networks):
    latent = fit_latent(seen, completed, networks, steps=8).color
    final = repaint(seen, latent, networks, seed=1)
    unseen = seen.confidence == 0
    median = np.median(truth[~unseen], axis=0)
    plain = distance(np.broadcast_to(median, truth.shape), truth, networks, unseen)
    for result in (completed, latent, final):
        assert is_a_picture(result, networks)
        assert distance(result, truth, networks, unseen) < 0.7 * plain


def test_what_was_seen_stays(seen, completed, truth, networks):
    final = repaint(seen, fit_latent(seen, completed, networks, steps=8).color, networks, seed=1)
    assert distance(final, truth, networks, seen.confidence == 1) < 0.05


def test_same_seed_same_texture_another_seed_another(seen, completed, networks):
    assert np.array_equal(inpaint(seen, networks, seed=1), completed)
    assert not np.array_equal(inpaint(seen, networks, seed=2), completed)


def test_unseen_colours_do_not_matter(seen, completed, networks):
    """The texels without confidence hold whatever the projection left there."""
    garbage = np.where(seen.confidence[..., None] > 0, seen.color, np.float32(0.9))
    other = AtlasObservation(garbage, seen.confidence, seen.style)
    assert np.allclose(inpaint(other, networks, seed=1), completed, atol=1e-4)


def test_nothing_seen_still_gives_a_face(networks):
    nothing = np.zeros((networks.size, networks.size), np.float32)
    empty = AtlasObservation(np.repeat(nothing[..., None], 3, 2), nothing, "photo")
    first = inpaint(empty, networks, seed=0)
    latent = fit_latent(empty, first, networks, steps=2).color
    final = repaint(empty, latent, networks, seed=0)
    assert is_a_picture(final, networks)


def test_optimisation_lowers_its_loss(seen, completed, networks):
    assert fit_latent(seen, completed, networks, steps=12).loss < fit_latent(seen, completed, networks, steps=1).loss


def test_latent_leaves_sure_texels_to_stage_one(seen, completed, networks):
    latent = fit_latent(seen, completed, networks, steps=2).color
    sure = seen.confidence == 1
    assert np.allclose(latent[sure], completed[sure], atol=1e-5)


def test_tone_maps_bring_a_tinted_fit_back():
    random = np.random.default_rng(0)
    colour = random.uniform(0.4, 0.6, (128, 128, 3)).astype(np.float32)
    confidence = np.zeros((128, 128), np.float32)
    confidence[30:100, 30:100] = 1
    tinted = colour * (1, 0.95, 0.9) + (0.1, 0, -0.05)
    matched = match_tone(tinted.astype(np.float32), colour, confidence)
    where = confidence > 0
    assert np.abs(matched - colour)[where].mean() < 0.25 * np.abs(tinted - colour)[where].mean()


def test_every_stage_reports_and_can_be_stopped(seen, completed, networks):
    for stage in (
        lambda on_step: inpaint(seen, networks, seed=0, on_step=on_step),
        lambda on_step: fit_latent(seen, completed, networks, steps=3, on_step=on_step),
        lambda on_step: repaint(seen, completed, networks, seed=0, on_step=on_step),
    ):
        fractions: list[float] = []
        stage(fractions.append)
        assert fractions == sorted(fractions) and fractions[-1] == 1

        def stop(fraction: float) -> None:
            raise Cancelled

        with pytest.raises(Cancelled):
            stage(stop)
