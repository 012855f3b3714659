"""The networks in ONNX Runtime say what torch says, and their graphs hold no weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from backend.lab.training.graphs import graphs_of, write_graph
from backend.lab.untrained import untrained
from backend.models import bundle, runtime
from backend.models.graph import Graph
from backend.networks.generator import LATENT, ROWS

#: Largest difference of two runs of the same layers in other orders of summation, sRGB and residual units.
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def both():
    """The bundled networks in torch and in ONNX Runtime."""
    return untrained(bundle.WEIGHTS), bundle.load_networks("cpu")


def parts(made: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return made if isinstance(made, tuple) else (made,)


@pytest.mark.parametrize("name", ["completer", "denoiser", "generator"])
def test_graphs_say_what_torch_says(name, both):
    slow, quick = both
    torch.manual_seed(0)
    module, inputs, outputs = graphs_of(slow)[name]
    graph = {"completer": quick.completer, "denoiser": quick.repainter, "generator": quick.generator.painter}[name]
    assert isinstance(graph, Graph)
    for count in (1, 2):
        given = [value[:count] for value in inputs.values()]
        with torch.no_grad():
            expected, made = parts(module(*given)), parts(graph(*given))
        assert len(made) == len(outputs)
        for one, other in zip(expected, made, strict=True):
            assert one.shape == other.shape
            assert (one - other).abs().max() < TOLERANCE


def test_the_whole_generator_paints_alike(both):
    slow, quick = both
    torch.manual_seed(1)
    w_plus, style = 0.5 * torch.randn(2, ROWS, LATENT), torch.tensor([0, 3])
    with torch.no_grad():
        assert (slow.generator(w_plus, style) - quick.generator(w_plus, style)).abs().max() < TOLERANCE


def test_a_graph_is_written_without_weights(both, tmp_path):
    pytest.importorskip("onnx")
    module, inputs, outputs = graphs_of(both[0])["generator"]
    write_graph(module, inputs, outputs, tmp_path / "generator.onnx")
    data = (tmp_path / "generator.onnx").read_bytes()
    assert len(data) < 60_000 < sum(value.numel() for value in module.state_dict().values())
    given = list(inputs.values())
    with torch.no_grad():
        mean = module(*given)[0]
    assert np.allclose(Graph(data, module.state_dict())(*given)[0], mean, atol=TOLERANCE)


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
    monkeypatch.setattr(torch.Tensor, "to", lambda self, *_, **__: self)
    monkeypatch.setattr(torch.nn.Module, "to", lambda self, *_, **__: self)
    bundle.assemble(bundle.verified(bundle.WEIGHTS, "linear.safetensors"), files, "cuda")
    assert asked == ["cuda"] * 3
