"""A bundled graph's weights as a network that can be trained on: its folded norms are opened again.

State of a training is seldom kept; what ships is. A folded convolution is the old one with its norm's gain and shift
in it. The norms are measured anew on batches, and get the gain and the shift that leave the network as it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor, nn


def read_convolutions(path: Path) -> list[tuple[Tensor, Tensor]]:
    """Weights and biases of the graph's convolutions, in its order. Needs onnx (see graphs.py)."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    kept = {one.name: torch.from_numpy(numpy_helper.to_array(one).copy()) for one in graph.initializer}
    return [(kept[node.input[1]], kept[node.input[2]]) for node in graph.node if node.op_type == "Conv"]


def reopen(network: nn.Module, convolutions: list[tuple[Tensor, Tensor]], batches: Iterable[Tensor]) -> None:
    """Give a network the folded weights, with norms that undo themselves on these batches.

    Args:
        network: its convolutions are called in the graph's order, each followed by its norm where it has no bias.
        batches: what the network is given, alike in kind to what it is trained on.
    """
    called: list[nn.Module] = []
    layers = [one for one in network.modules() if isinstance(one, (nn.Conv2d, nn.BatchNorm2d))]
    hooks = [layer.register_forward_pre_hook(lambda layer, _: called.append(layer)) for layer in layers]
    given = list(batches)
    with torch.no_grad():
        network.eval()(given[0])
    for hook in hooks:
        hook.remove()
    folded = iter(convolutions)
    for layer, after in zip(called, [*called[1:], None], strict=True):
        if not isinstance(layer, nn.Conv2d):
            continue
        weight, bias = next(folded)
        layer.weight.data.copy_(weight)
        if isinstance(after, nn.BatchNorm2d) and layer.bias is None:
            _pass_through(after, bias)
        else:
            layer.bias.data.copy_(bias)
    norms = [layer for layer in called if isinstance(layer, nn.BatchNorm2d)]
    for norm in norms:  # in order: what comes before each is already as it was
        _measure(network, norm, given)


def _pass_through(norm: nn.BatchNorm2d, bias: Tensor) -> None:
    """A norm that only adds the bias."""
    norm.running_mean.zero_()
    norm.running_var.fill_(1 - norm.eps)
    norm.weight.data.fill_(1)
    norm.bias.data.copy_(bias)


def _measure(network: nn.Module, norm: nn.BatchNorm2d, given: list[Tensor]) -> None:
    """Set its running figures to what it meets, and gain and shift to what gives the same."""
    met: list[tuple[Tensor, Tensor]] = []
    hook = norm.register_forward_pre_hook(
        lambda _, inputs: met.append((inputs[0].mean((0, 2, 3)), inputs[0].square().mean((0, 2, 3))))
    )
    with torch.no_grad():
        for one in given:
            network(one)
    hook.remove()
    mean, square = (torch.stack(part).mean(0) for part in zip(*met, strict=True))
    spread = (square - mean.square()).clamp(min=0)
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(spread)
    norm.weight.data.copy_((spread + norm.eps).sqrt())
    norm.bias.data.add_(mean)
