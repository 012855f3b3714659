"""How the generator of stage 2 learns: what the discriminator is shown, and a training that was killed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from backend.lab.training import generator
from backend.lab.training.completions import Completions
from backend.lab.training.descent import Pace
from backend.lab.untrained import load_modules
from backend.verified import WEIGHTS

from .test_repaint_training import completions, needs_features


@pytest.fixture
def found() -> Completions:
    return Completions(**completions(np.random.default_rng(0)))


def test_the_discriminator_sees_what_is_made_only_where_the_truth_is_known(found):
    truth, made, colour, known, confidence, style = generator.batch_of(found, 0, 2, 0)
    known = known * (torch.arange(known.shape[-1]) % 3 > 0)
    confidence = torch.zeros_like(confidence)
    torch.manual_seed(0)  # the square is drawn, and some lie where nothing is known
    texture = torch.rand_like(truth)
    batch = truth, made, colour, known, confidence, style
    real, painted, below, shown = generator.looked_at(batch, texture)
    assert real.shape == (2, 3, generator.SQUARE, generator.SQUARE)
    nobody = (shown == 0).expand_as(real)
    assert nobody.any() and torch.equal(real[nobody], below[nobody]) and torch.equal(painted[nobody], below[nobody])
    assert (painted - below)[~nobody].abs().mean() > 0.1


def test_rare_styles_are_drawn_more_often_than_they_are(found):
    many = Completions(
        *(np.repeat(getattr(found, name)[:1], 100, 0) for name in ("truth", "made", "colour", "known", "confidence")),
        np.array([0] * 96 + [2] * 4),
    )
    drawn = torch.cat([generator.batch_of(many, number, 8, 0)[-1] for number in range(10)])
    assert 6 <= (drawn == 2).sum() <= 30  # of 80; 3 without the root


@needs_features
@pytest.mark.slow
def test_a_killed_training_ends_like_one_that_was_not(tmp_path, monkeypatch):
    monkeypatch.setattr(generator, "PACE", Pace(rate=1e-3, warm=1, average=0.5))  # steps that half precision shows
    for name in ("whole", "killed"):
        folder = tmp_path / name / generator.DRAWN
        folder.mkdir(parents=True)
        np.savez(folder / "0000.npz", **completions(np.random.default_rng(0)))
        (tmp_path / name / "linear.safetensors").write_bytes((WEIGHTS / "linear.safetensors").read_bytes())

    def run(name: str, steps: int) -> dict[str, torch.Tensor]:
        words = f"--faces none --hub none --draw 0 --count 2 --steps {steps} --schedule 3 --device cpu"
        generator.main([*words.split(), "--output", str(tmp_path / name)])
        return load_file(tmp_path / name / generator.WEIGHTS)

    whole, stopped = run("whole", 3), run("killed", 1)
    continued = run("killed", 3)

    assert all(torch.equal(whole[name], value) for name, value in continued.items())
    assert any(not torch.equal(whole[name], value) for name, value in stopped.items())
    assert (
        load_modules(tmp_path / "whole").by_name["generator"].output.weight.abs().max() > 0
    )  # it is what stage 2 loads
