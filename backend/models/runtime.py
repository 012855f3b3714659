"""The one runtime of networks whose layers are given as a graph: ONNX Runtime.

It runs on the processor, and on what else the environment's build knows and the machine has (ACCELERATORS)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ..threads import allowed_threads
from .cards import find_card

if TYPE_CHECKING:
    import onnxruntime

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


@dataclass(frozen=True)
class Accelerator:
    """What computes beside the processor. provider: ONNX Runtime's name. options: given to it."""

    title: str
    provider: str
    options: Mapping[str, str] = field(default_factory=dict)


#: On a card: convolutions are chosen by rule and not by a race, which is run again for every new size and need not end
#: alike; and in float32, as on a processor. No card was in reach to time either.
CARD = {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0"}
#: By the name of the device, the likely best first. DirectML (Windows: AMD, Intel, NVIDIA) and CoreML (Macs) were run
#: by nobody here: unverified.
ACCELERATORS = {
    "cuda": Accelerator("CUDA", CUDA, CARD),
    "directml": Accelerator("DirectML", "DmlExecutionProvider"),
    "coreml": Accelerator("CoreML", "CoreMLExecutionProvider"),
}


def open_session(
    model: bytes,
    device: str,
    threads: int,
    weights: Mapping[str, onnxruntime.OrtValue] | None = None,
    small: bool = False,
) -> onnxruntime.InferenceSession:
    """A graph that is ready to run; several threads may run one.

    Args:
        model: ONNX. device: cpu, or a name of ACCELERATORS; where this build has none for it, the processor.
        weights: those that the graph itself has not, by name; the caller keeps them as long as the session.
        small: it runs now and then for milliseconds: it gives its memory back in between, and its threads sleep.

    Raises:
        ImportError: the package is missing.
    """
    package = load_runtime()
    options = package.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # errors, which are raised as well
    if small:
        options.enable_cpu_mem_arena = False
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if weights:
        options.add_external_initializers(list(weights), list(weights.values()))
    names = providers(device) or providers("cpu")
    if device == "directml":
        options.enable_mem_pattern = False  # as this provider's page asks; runs one by one are the default
    given = [dict(ACCELERATORS[device].options), {}] if len(names) > 1 else [{}]
    return package.InferenceSession(model, options, providers=names, provider_options=given)


@functools.cache
def _preload(package) -> None:
    """NVIDIA's libraries are packages of their own, which the build for CUDA does not find by itself."""
    if CUDA in package.get_available_providers() and find_card():
        package.preload_dlls()


def load_runtime():
    """The package, telling nobody: its builds for Windows do not heed the switch of offline.py.

    Raises:
        ImportError: there is none.
    """
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    _preload(onnxruntime)
    return onnxruntime


def providers(device: str) -> list[str]:
    """What runs a graph on a device, the best first; empty where this build of the package cannot.

    Raises:
        ImportError: there is none.
    """
    there = load_runtime().get_available_providers()
    if device == "cpu":
        return [CPU]
    own = ACCELERATORS[device].provider
    return [own, CPU] if own in there else []


def is_there(device: str) -> bool:
    """Whether this build knows an accelerator and, as far as that can be asked, the machine has it."""
    return bool(providers(device)) and (device != "cuda" or find_card() is not None)


class Graph:
    """A network that runs in ONNX Runtime: arrays in, as the graph has them, and a tuple of arrays out.

    Args:
        model: an ONNX graph without weights (lab/training/graphs.py). state: the weights by the names that it has.
        device: of open_session().
    """

    def __init__(self, model: bytes, state: Mapping[str, np.ndarray], device: str = "cpu") -> None:
        made = load_runtime().OrtValue.ortvalue_from_numpy
        self._kept = {
            name: made(np.ascontiguousarray(value, np.float32))
            for name, value in state.items()
            if bytes([len(name)]) + name.encode() in model  # the graph writes a name's length before it
        }
        self.session = open_session(model, device, allowed_threads(), self._kept)
        self.names = [one.name for one in self.session.get_inputs()]

    def __call__(self, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        return tuple(self.session.run(None, dict(zip(self.names, inputs, strict=True))))
