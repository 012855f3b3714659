"""What a training goes on from: its state, else weights alone, else nothing."""

from __future__ import annotations

import torch
from torch import nn

from backend.lab.training.checkpoints import save_half
from backend.lab.training.descent import Descent, Pace


def begun(folder) -> Descent:
    return Descent(nn.Linear(2, 1), Pace(), folder / "state.safetensors", folder / "weights.safetensors")


def learn(descent: Descent) -> torch.Tensor:
    descent.step(sum(part.square().sum() for part in descent.parameters), 1e-2)
    return descent.parameters[0].detach().clone()


def test_weights_alone_go_on_from_step_0_and_a_state_goes_before_them(tmp_path):
    one = begun(tmp_path)
    learnt = learn(one)
    assert not torch.equal(begun(tmp_path).parameters[0], learnt)
    save_half(one.average.state_dict() | {"usual": torch.ones(1)}, tmp_path / "weights.safetensors")
    other = begun(tmp_path)
    assert other.steps == 0
    assert torch.equal(other.parameters[0], one.kept[0].half().float()) and torch.equal(
        other.kept[0], other.parameters[0]
    )
    one.save()
    third = begun(tmp_path)
    assert third.steps == 1 and torch.equal(third.parameters[0], learnt)
