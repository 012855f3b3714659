"""The networks in ONNX Runtime: on a CPU it takes a fraction of torch's time for the same layers and weights.

On a graphics card it takes torch's place where the environment has its build for CUDA, which finds NVIDIA's libraries
because torch has loaded them."""

from __future__ import annotations

import os

import numpy as np
import torch
from torch import Tensor, nn


class Graph(nn.Module):
    """A network that is called like the torch module whose weights it was given.

    Args:
        model: an ONNX graph without weights (graphs.py). state: the module's, which holds them by the same names.
        device: cpu or cuda.
    """

    def __init__(self, model: bytes, state: dict[str, Tensor], device: str = "cpu") -> None:
        onnxruntime = load_runtime()
        super().__init__()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3
        # the graph writes a name's length before it
        known = {name: value for name, value in state.items() if bytes([len(name)]) + name.encode() in model}
        weights = {name: value.detach().cpu().float().numpy() for name, value in known.items()}
        self._kept = [onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(one)) for one in weights.values()]
        options.add_external_initializers(list(weights), self._kept)
        self.session = onnxruntime.InferenceSession(model, options, providers=providers(device))
        self.names = [one.name for one in self.session.get_inputs()]

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        given = {name: value.detach().cpu().numpy() for name, value in zip(self.names, inputs, strict=True)}
        made = tuple(torch.from_numpy(one).to(inputs[0].device) for one in self.session.run(None, given))
        return made if len(made) > 1 else made[0]


def load_runtime():
    """The package, telling nobody: its builds for Windows do not heed the switch of offline.py.

    Raises:
        ImportError: there is none.
    """
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    return onnxruntime


def providers(device: str) -> list[str]:
    """What runs a graph on a device, the best first; empty where this build of the package cannot.

    Raises:
        ImportError: there is none.
    """
    there = load_runtime().get_available_providers()
    if device == "cpu":
        return ["CPUExecutionProvider"]
    return ["CUDAExecutionProvider", "CPUExecutionProvider"] if "CUDAExecutionProvider" in there else []


def wanted(device: str) -> bool:
    """Whether graphs take the place of modules: where the package runs on the device and AVATARTEX_TORCH is empty."""
    if os.environ.get("AVATARTEX_TORCH"):
        return False
    try:
        return bool(providers(device))
    except ImportError:
        return False
