"""Whether an accelerator computes what the processor does, and sooner: tried once a process, before its first job.

The completer of stage 1 runs on both. What ONNX Runtime offers says nothing of a driver's errors, nor of a graphics
card that is slower than the processor beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from ..networks.planes import Network
from ..networks.sizes import TEXELS
from .runtime import ACCELERATORS, is_there

#: Most by which a texel may differ, sRGB: half of a byte's step.
ALIKE = 0.5 / 255
#: Runs of which the fastest counts; one before them, in which graphs are compiled, does not.
RUNS = 3


@cache
def choose_accelerator() -> tuple[str, tuple[str, ...]]:
    """The device of a job that leaves it to us, a name of ACCELERATORS or cpu; and a sentence on each one dropped."""
    dropped: list[str] = []
    for device in ACCELERATORS:
        if is_there(device):
            reason = compare(device, open_completer, completer_inputs())
            if not reason:
                return device, tuple(dropped)
            dropped.append(f"{ACCELERATORS[device].title} is not used here: {reason}.")
    return "cpu", tuple(dropped)


def compare(device: str, make: Callable[[str], Network], inputs: Sequence[np.ndarray]) -> str:
    """Why a device is no better than the processor; empty where it is.

    Args:
        make: the network on a device.
    """
    try:
        seconds, made = timed(make(device), inputs)
    except Exception as reason:  # whatever a driver raises: the processor is there
        return f"it fails ({type(reason).__name__})"
    beside, expected = timed(make("cpu"), inputs)
    apart = max(float(np.abs(one - other).max()) for one, other in zip(made, expected, strict=True))
    if not apart <= ALIKE:
        return f"its values differ by {apart:.3f}"
    return "" if seconds < beside else f"it takes {seconds:.2f} s where the processor takes {beside:.2f} s"


def timed(network: Network, inputs: Sequence[np.ndarray]) -> tuple[float, tuple[np.ndarray, ...]]:
    """Seconds of the fastest run, and what it gave."""
    made, taken = network(*inputs), []
    for _ in range(RUNS):
        begun = time.perf_counter()
        made = network(*inputs)
        taken.append(time.perf_counter() - begun)
    return min(taken), made


def open_completer(device: str) -> Network:
    """The completer on a device."""
    from .bundle import WEIGHTS, make_graph, verified

    return make_graph("completer", verified(WEIGHTS, "inpaint.safetensors"), device)


def completer_inputs() -> tuple[np.ndarray, ...]:
    """Noise of one seed, in the order of the completer's inputs."""
    random = np.random.default_rng(0)
    noisy, start, colour = random.random((3, 1, 3, TEXELS, TEXELS), np.float32)
    confidence = random.random((1, 1, TEXELS, TEXELS), np.float32)
    return noisy, start, colour, confidence, np.float32([0.5]), np.array([0])
