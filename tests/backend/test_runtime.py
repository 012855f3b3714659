"""The networks in ONNX Runtime say what torch says, and their graphs hold no weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backend.lab.networks.pictures import on_arrays
from backend.lab.training.graphs import graphs_of, write_graph
from backend.lab.untrained import load_modules
from backend.models import bundle, runtime
from backend.models.runtime import Graph

#: Largest difference of two runs of the same layers in other orders of summation, sRGB and residual units.
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def modules():
    """The bundled networks in torch."""
    return load_modules(bundle.WEIGHTS)


@pytest.fixture(scope="module")
def networks():
    """The same in ONNX Runtime."""
    return bundle.load_networks("cpu")


@pytest.mark.parametrize("name", ["completer", "repainter", "generator", "encoder", "studio"])
def test_graphs_say_what_torch_says(name, modules, networks):
    torch.manual_seed(0)
    module, inputs, outputs = graphs_of(modules)[name]
    graph, slow = getattr(networks, name), on_arrays(module)
    assert isinstance(graph, Graph)
    for count in (1, 2):
        given = [value[:count].numpy() for value in inputs.values()]
        expected, made = slow(*given), graph(*given)
        assert len(made) == len(outputs)
        for one, other in zip(expected, made, strict=True):
            assert one.shape == other.shape
            assert np.abs(one - other).max() < TOLERANCE


def test_a_graph_is_written_without_weights(modules, tmp_path):
    pytest.importorskip("onnx")
    module, inputs, outputs = graphs_of(modules)["generator"]
    write_graph(module, inputs, outputs, tmp_path / "generator.onnx")
    data = (tmp_path / "generator.onnx").read_bytes()
    assert len(data) < 60_000 < sum(value.numel() for value in module.state_dict().values())
    given = [value.numpy() for value in inputs.values()]
    state = {name: value.numpy() for name, value in module.state_dict().items()}
    assert np.allclose(Graph(data, state)(*given)[0], on_arrays(module)(*given)[0], atol=TOLERANCE)


class Package:
    """Stands where ONNX Runtime does: what is asked of it."""

    def __init__(self, *there: str) -> None:
        self.there = [*there, "CPUExecutionProvider"]

    def get_available_providers(self) -> list[str]:
        return self.there


def test_a_device_runs_graphs_where_the_package_can(monkeypatch):
    for there, cuda in (((), []), (("CUDAExecutionProvider",), ["CUDAExecutionProvider", "CPUExecutionProvider"])):
        monkeypatch.setattr(runtime, "load_runtime", lambda there=there: Package(*there))
        assert runtime.providers("cpu") == ["CPUExecutionProvider"] and runtime.providers("cuda") == cuda


def test_graphs_ask_for_the_networks_device(monkeypatch):
    """The bundle's networks on a card: every graph is made for it."""
    asked, real = [], runtime.providers
    monkeypatch.setattr(runtime, "providers", lambda device: asked.append(device) or real("cpu"))
    files = {name: bundle.verified(bundle.WEIGHTS, name) for name in bundle.FILES}
    bundle.assemble(bundle.verified(bundle.WEIGHTS, "linear.safetensors"), files, "cuda")
    assert asked == ["cuda"] * 5
