"""python -m backend.lab graphs: write the networks as ONNX graphs without weights, for ONNX Runtime on CPUs.

The weights stay in the safetensors files alone; models/runtime.py gives them to the graphs. Needs onnx==1.23.2 (with
protobuf and ml-dtypes; pip install --no-deps), which few here do.
"""

from __future__ import annotations

import argparse
import copy
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from ...models.bundle import WEIGHTS
from ...networks.detail import CONDITIONS
from ...networks.sizes import CANVAS, TEXELS
from ...stages.repaint import AROUND
from ..networks.generator import LATENT, LAYERS
from ..networks.studio import CHANNELS
from ..untrained import Modules, load_modules

#: Name of the location that initializers of the graphs refer to; no such file exists.
ELSEWHERE = "safetensors"
OPSET = 17


def graphs_of(modules: Modules) -> dict[str, tuple[nn.Module, dict[str, Tensor], list[str]]]:
    """name -> module, example inputs by name, names of outputs."""
    two, wide = torch.zeros(2, dtype=torch.long), TEXELS + 2 * AROUND
    picture, mask, canvas = (2, 3, TEXELS, TEXELS), (2, 1, TEXELS, TEXELS), (2, 3, CANVAS, CANVAS)
    seen = {"colour": torch.rand(picture), "confidence": torch.rand(mask)}
    given = {
        "completer": {"noisy": torch.rand(picture), "start": torch.rand(picture), **seen, "eta": torch.rand(2)},
        "repainter": {
            "noisy": torch.rand(2, 3, TEXELS, wide),
            "conditions": torch.rand(2, CONDITIONS, TEXELS, wide),
            "time": torch.full((2,), 999),
        },
        "generator": {"canvas": torch.rand(canvas), "layers": torch.rand(2, LAYERS, LATENT)},
        "encoder": {"texture": torch.rand(picture), "confidence": torch.rand(mask), "canvas": torch.rand(canvas)},
        "studio": {"given": torch.rand(2, CHANNELS, CANVAS, CANVAS)},
    }
    styles = {"completer": two, "repainter": two, "generator": torch.rand(2, LATENT)}
    made = {
        "completer": ["clean", "error"],
        "repainter": ["clean"],
        "generator": ["texture"],
        "encoder": ["mean", "spread"],
        "studio": ["gain", "error"],
    }
    return {
        name: (module, given[name] | ({"style": styles[name]} if name in styles else {}), made[name])
        for name, module in modules.by_name.items()
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
    modules = load_modules(parser.parse_args(argv).weights)
    for name, (module, inputs, outputs) in graphs_of(modules).items():
        path = WEIGHTS / f"{name}.onnx"
        write_graph(module, inputs, outputs, path)
        print(f"{path.stat().st_size:>9}  {path.name}")
    return 0
