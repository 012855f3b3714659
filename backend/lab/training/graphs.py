"""python -m backend.lab graphs: write the networks as ONNX graphs without weights, for ONNX Runtime on CPUs.

The weights stay in the safetensors files alone; models/graph.py gives them to the graphs. Needs onnx==1.23.2 (with
protobuf and ml-dtypes; pip install --no-deps), which few here do.
"""

from __future__ import annotations

import argparse
import copy
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from ...models.bundle import WEIGHTS, Networks
from ...networks.detail import CONDITIONS
from ...networks.generator import LATENT, LAYERS
from ...networks.sizes import CANVAS, TEXELS
from ...stages.repaint import AROUND
from ..networks.generator import PaintingGenerator
from ..untrained import untrained

#: Name of the location that initializers of the graphs refer to; no such file exists.
ELSEWHERE = "safetensors"
OPSET = 17


class Painter(PaintingGenerator):
    """A generator whose call is paint(): the canvas is a matrix product, which needs no graph."""

    def __init__(self, generator: PaintingGenerator) -> None:
        nn.Module.__init__(self)
        self.__dict__.update(generator.__dict__)

    def forward(self, canvas: Tensor, layers: Tensor, style: Tensor) -> Tensor:
        return self.paint(canvas, layers, style)


def graphs_of(networks: Networks) -> dict[str, tuple[nn.Module, dict[str, Tensor], list[str]]]:
    """name -> module, example inputs by name, names of outputs."""
    two = torch.zeros(2, dtype=torch.long)
    denoising = {
        "noisy": torch.rand(2, 3, TEXELS, TEXELS + 2 * AROUND),
        "conditions": torch.rand(2, CONDITIONS, TEXELS, TEXELS + 2 * AROUND),
        "time": torch.full((2,), 999),
        "style": two,
    }
    completing = {
        "noisy": torch.rand(2, 3, TEXELS, TEXELS),
        "start": torch.rand(2, 3, TEXELS, TEXELS),
        "colour": torch.rand(2, 3, TEXELS, TEXELS),
        "confidence": torch.rand(2, 1, TEXELS, TEXELS),
        "eta": torch.rand(2),
        "style": two,
    }
    painting = {
        "canvas": torch.rand(2, 3, CANVAS, CANVAS),
        "layers": torch.rand(2, LAYERS, LATENT),
        "style": torch.rand(2, LATENT),
    }
    return {
        "completer": (networks.completer, completing, ["clean", "error"]),
        "denoiser": (networks.repainter, denoising, ["clean"]),
        "generator": (Painter(networks.generator), painting, ["texture"]),
    }


def write_graph(module: nn.Module, inputs: dict[str, Tensor], outputs: list[str], path: Path) -> None:
    """One graph, with the batch's size left open, whose weights are named as in the module's state."""
    import onnx

    module = copy.deepcopy(module).requires_grad_(False)
    for value in module.state_dict().values():
        value.normal_()  # the exporter makes one of weights that are equal, such as zero biases
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            tuple(inputs.values()),
            str(path),
            input_names=list(inputs),
            output_names=outputs,
            dynamo=False,
            opset_version=OPSET,
            do_constant_folding=False,
            dynamic_axes={name: {0: "batch"} for name in [*inputs, *outputs]},
        )
    model = onnx.load(str(path))
    known = set(module.state_dict())
    for tensor in model.graph.initializer:
        if tensor.name in known:
            tensor.ClearField("raw_data")
            tensor.data_location = onnx.TensorProto.EXTERNAL
            del tensor.external_data[:]
            entry = tensor.external_data.add()
            entry.key, entry.value = "location", ELSEWHERE
    model.producer_version, model.graph.doc_string = "", ""
    path.write_bytes(model.SerializeToString())


def write_whole(module: nn.Module, inputs: dict[str, Tensor], outputs: list[str], path: Path) -> None:
    """One graph with its weights, for pictures one by one (portrait/networks.py), norms folded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            tuple(inputs.values()),
            str(path),
            input_names=list(inputs),
            output_names=outputs,
            dynamo=False,
            opset_version=OPSET,
        )


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab graphs", description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder of trained networks; only shapes matter")
    networks = untrained(parser.parse_args(argv).weights)
    for name, (module, inputs, outputs) in graphs_of(networks).items():
        path = WEIGHTS / f"{name}.onnx"
        write_graph(module, inputs, outputs, path)
        print(f"{path.stat().st_size:>9}  {path.name}")
    return 0
