"""How far stages are followed: as far as they make hidden skin better, and what hidden skin is told nobody."""

from __future__ import annotations

import numpy as np
import pytest

from backend.completing import run_stages
from backend.errors import Cancelled
from backend.job import StageOptions
from backend.models.bundle import Networks, load_networks
from backend.stages import STAGES, followed
from backend.stages.followed import checkered, find_shares, share_of
from backend.stages.stage import AtlasObservation

SIZE = 256


@pytest.fixture(scope="module")
def networks() -> Networks:
    return load_networks("cpu")


@pytest.fixture(scope="module")
def seen(networks) -> AtlasObservation:
    """The mean skin with detail of its own, visible from the front."""
    mean = networks.experts.people.decode(np.zeros(len(networks.experts.people.basis), np.float32))
    color = mean.repeat(2, 0).repeat(2, 1).astype(np.float32)
    confidence = np.zeros((SIZE, SIZE), np.float32)
    confidence[60:220, 50:200] = 1
    return AtlasObservation((color * confidence[..., None]).clip(0, 1), confidence, "photo")


def towards(goal: np.ndarray, share: float):
    """A stage that goes so far from a completion to the goal and calls that all of its way."""

    def stage(work, completion, share_of_it=1.0):
        return completion + np.float32(share * share_of_it) * (goal - completion)

    return stage


def shares(seen: AtlasObservation, networks: Networks, **stages) -> dict[str, float]:
    return find_shares(seen, networks, stages, people=1.0)


@pytest.mark.parametrize(("way", "expected"), [(1.0, 1.0), (2.0, 0.5), (4.0, 0.25), (-1.0, 0.0)])
def test_a_stage_is_followed_as_far_as_it_is_right(seen, networks, way, expected, monkeypatch):
    """A stage that goes too far is followed in part; one that goes the wrong way is not followed."""
    monkeypatch.setitem(followed.USUAL, "latent", (0.0, 0.8, 0.0))
    shifted = AtlasObservation(np.clip(seen.color + 0.1, 0, 1), seen.confidence, "photo")
    found = shares(shifted, networks, latent=towards(shifted.color, way))
    assert found["latent"] == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize(("darker", "low", "high"), [(1.0, 0.5, 1.0), (0.75, 0.0, 0.2)])
def test_the_other_side_counts_in_even_light_alone(seen, networks, darker, low, high):
    """Dots that no prior knows, alike on both sides; the one side in the shade, or not."""
    dots = np.random.default_rng(0).normal(0, 0.05, (16, 8)).repeat(16, 0).repeat(16, 1)
    color = seen.color + np.concatenate([dots, dots[:, ::-1]], 1)[..., None]
    color[:, SIZE // 2 :] *= darker
    shown = AtlasObservation(color.astype(np.float32), seen.confidence, "photo")
    found = shares(shown, networks, mirror=STAGES["mirror"])
    assert low <= found["mirror"] <= high


def test_stages_are_asked_one_after_the_other(seen, networks, monkeypatch):
    """What the first one mended the second cannot mend again."""
    for name in ("inpaint", "latent"):
        monkeypatch.setitem(followed.USUAL, name, (*followed.USUAL[name][:2], 0.0))
    stage = towards(seen.color, 1.0)
    found = shares(seen, networks, inpaint=stage, latent=stage)
    assert found["inpaint"] > 0.95 and found["latent"] == 0


def test_what_is_hidden_is_hidden_from_priors_and_stages(seen, networks):
    told = []

    def stage(work, completion, share=1.0):
        told.append((work.observation, completion))
        return completion

    hidden = checkered(SIZE)
    for color in (seen.color, np.where(hidden[..., None], np.float32(0.9), seen.color)):
        shares(AtlasObservation(color, seen.confidence, "photo"), networks, latent=stage)
    (kept, first), (_, second) = told
    assert not kept.confidence[hidden].any() and kept.confidence[~hidden].any()
    assert np.array_equal(first, second)
    assert 0.4 < (seen.confidence * hidden).sum() / seen.confidence.sum() < 0.6


def test_where_nothing_moves_or_shows_the_usual_share_holds(networks):
    nothing = np.zeros((SIZE, SIZE, 3), np.float32)
    assert share_of(nothing, nothing + 1, np.ones((SIZE, SIZE)), (0.7, 0.2, 0.5)) == 0.7
    assert share_of(nothing + 1, nothing + 1, np.zeros((SIZE, SIZE)), (0.7, 0.2, 0.5)) == 0.7


def test_patches_that_do_not_agree_leave_it_to_the_usual_share():
    random, weight = np.random.default_rng(0), np.ones((SIZE, SIZE))
    moved, side = np.ones((SIZE, SIZE, 3)), SIZE // followed.PATCHES
    noise = random.normal(0, 20, (followed.PATCHES, followed.PATCHES, 1)).repeat(side, 0).repeat(side, 1)
    agreed, doubted = (
        share_of(moved, 0.8 * moved + one - one.mean(), weight, (0.2, 0.3, 0.5)) for one in (0 * noise, noise)
    )
    assert agreed == pytest.approx(0.2 + 0.6 * 0.3**2 / (0.3**2 + 0.5**2))
    assert doubted == pytest.approx(0.2, abs=0.05) and doubted < agreed - 0.05


def test_a_share_that_is_worth_nothing_is_none(monkeypatch):
    moved, weight = np.ones((SIZE, SIZE, 3)), np.ones((SIZE, SIZE))
    assert share_of(moved, 0.9 * followed.LEAST * moved, weight, (0.0, 1.0, 0.0)) == 0
    assert share_of(moved, 1.1 * followed.LEAST * moved, weight, (0.0, 1.0, 0.0)) > 0


def test_a_stage_of_which_no_portrait_says_anything_is_not_run_for_evidence(seen, networks, monkeypatch):
    def stage(*_, **__):
        raise AssertionError

    monkeypatch.setitem(followed.USUAL, "repaint", (0.4, 0.0))
    assert shares(seen, networks, repaint=stage) == {"repaint": 0.4}


def test_a_job_follows_its_stages_as_far_as_the_evidence_says(seen, networks, monkeypatch):
    given = []

    def stage(name):
        def run(work, completion, share=1.0):
            given.append((name, share))
            return completion

        return run

    names = ("inpaint", "mirror", "latent", "repaint")
    monkeypatch.setattr("backend.stages.STAGES", {name: stage(name) for name in names})
    wanted = dict(zip(names, (0.9, 0.5, 0.0, 0.4), strict=True))
    monkeypatch.setattr(followed, "find_shares", lambda *given: wanted)
    list(run_stages((seen.color, seen.confidence), "photo", networks, [StageOptions(seed=1), StageOptions(seed=2)]))
    assert given == 2 * list(wanted.items())


def test_looking_for_evidence_can_be_stopped(seen, networks):
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        find_shares(seen, networks, {"latent": towards(seen.color, 1.0)}, 1.0, stop)
