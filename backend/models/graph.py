"""A network of the stages: a graph whose weights lie in the safetensors files."""

from collections.abc import Mapping

import numpy as np

from ..threads import allowed_threads
from . import runtime


class Graph:
    """A network that runs in ONNX Runtime: arrays in, as the graph has them, and a tuple of arrays out.

    Args:
        model: an ONNX graph without weights (lab/training/graphs.py). state: the weights by the names that it has.
        device: cpu or cuda.
    """

    def __init__(self, model: bytes, state: Mapping[str, np.ndarray], device: str = "cpu") -> None:
        made = runtime.load_runtime().OrtValue.ortvalue_from_numpy
        self._kept = {
            name: made(np.ascontiguousarray(value, np.float32))
            for name, value in state.items()
            if bytes([len(name)]) + name.encode() in model  # the graph writes a name's length before it
        }
        self.session = runtime.open_session(model, device, allowed_threads(), self._kept)
        self.names = [one.name for one in self.session.get_inputs()]

    def __call__(self, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        return tuple(self.session.run(None, dict(zip(self.names, inputs, strict=True))))
