"""A graph that stands in a torch module's place."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from . import runtime


class Graph(nn.Module):
    """A network that is called like the torch module whose weights it was given, and runs in ONNX Runtime.

    Args:
        model: an ONNX graph without weights (lab/training/graphs.py). state: the module's, which holds them by the same
            names.
        device: cpu or cuda.
    """

    def __init__(self, model: bytes, state: dict[str, Tensor], device: str = "cpu") -> None:
        super().__init__()
        # the graph writes a name's length before it
        known = {name: value for name, value in state.items() if bytes([len(name)]) + name.encode() in model}
        weights = {name: np.ascontiguousarray(value.detach().cpu().float().numpy()) for name, value in known.items()}
        made = runtime.load_runtime().OrtValue.ortvalue_from_numpy
        self._kept = {name: made(value) for name, value in weights.items()}
        self.session = runtime.open_session(model, device, torch.get_num_threads(), self._kept)
        self.names = [one.name for one in self.session.get_inputs()]

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        given = {name: value.detach().cpu().numpy() for name, value in zip(self.names, inputs, strict=True)}
        made = tuple(torch.from_numpy(one).to(inputs[0].device) for one in self.session.run(None, given))
        return made if len(made) > 1 else made[0]
