"""An accelerator is used where it computes what the processor does, and sooner; else the job says why it is not."""

import time

import numpy as np
import pytest

from backend import refusals
from backend.errors import AvatarTexError
from backend.models import runtime, trial

INPUTS = (np.ones((1, 3, 4, 4), np.float32),)


def stand_in(seconds: dict[str, float], apart: float = 0.0):
    """Networks that take so long by device; all but the processor's are so far off."""

    def make(device: str):
        def network(given: np.ndarray, *_) -> tuple[np.ndarray]:
            time.sleep(seconds[device])
            return (given + (0 if device == "cpu" else np.float32(apart)),)

        return network

    return make


def test_the_faster_one_is_used_where_its_texels_are_the_same():
    assert trial.compare("coreml", stand_in({"cpu": 0.02, "coreml": 0.001}, 0.001), INPUTS) == ""
    assert "takes" in trial.compare("coreml", stand_in({"cpu": 0.001, "coreml": 0.02}), INPUTS)
    assert "differ by 0.010" in trial.compare("coreml", stand_in({"cpu": 0.02, "coreml": 0.001}, 0.01), INPUTS)
    assert "differ" in trial.compare("coreml", stand_in({"cpu": 0.02, "coreml": 0.001}, np.nan), INPUTS)


def test_a_driver_that_fails_is_no_failure_of_the_job():
    def make(device: str):
        raise RuntimeError("no such adapter")

    assert trial.compare("directml", make, INPUTS) == "it fails (RuntimeError)"


@pytest.fixture
def there(monkeypatch):
    """A build of ONNX Runtime that knows DirectML and CoreML, without a machine that has them."""
    known = ["DmlExecutionProvider", "CoreMLExecutionProvider", "CPUExecutionProvider"]
    package = type("Package", (), {"get_available_providers": staticmethod(lambda: known)})
    monkeypatch.setattr(runtime, "load_runtime", lambda: package)
    trial.choose_accelerator.cache_clear()
    yield
    trial.choose_accelerator.cache_clear()


def test_the_first_that_passes_is_chosen_and_the_others_are_told(there, monkeypatch):
    tried = []

    def make(device: str):
        tried.append(device)
        return stand_in({"cpu": 0.01, "directml": 0.03, "coreml": 0.001})(device)

    monkeypatch.setattr(trial, "open_completer", make)
    for _ in range(2):
        assert refusals.choose_device("auto") == "coreml"
    assert tried == ["directml", "cpu", "coreml", "cpu"]  # once a process
    [told] = refusals.dropped_accelerators()
    assert told.startswith("DirectML is not used here: it takes")
    assert refusals.choose_device("directml") == "directml"  # who asks for it gets it
    with pytest.raises(AvatarTexError, match="No CUDA device"):
        refusals.choose_device("cuda")
    assert refusals.choose_device("cpu") == "cpu"


def test_without_one_nothing_is_tried(monkeypatch):
    package = type("Package", (), {"get_available_providers": staticmethod(lambda: ["CPUExecutionProvider"])})
    monkeypatch.setattr(runtime, "load_runtime", lambda: package)
    monkeypatch.setattr(trial, "open_completer", lambda device: pytest.fail("it was tried"))
    trial.choose_accelerator.cache_clear()
    assert refusals.choose_device("auto") == "cpu" and refusals.dropped_accelerators() == []
    trial.choose_accelerator.cache_clear()


def test_the_completer_takes_these_inputs():
    made = trial.open_completer("cpu")(*trial.completer_inputs())
    assert made[0].shape == (1, 3, 256, 256) and all(np.isfinite(one).all() for one in made)
