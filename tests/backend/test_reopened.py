"""A graph's folded weights go on training where they were."""

from __future__ import annotations

import torch

from backend.lab.training.parse_network import ParseNet
from backend.lab.training.reopened import reopen
from backend.portrait.parse_network import CHANNELS


def folded(network: ParseNet) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Weights and biases with their norms in them, as the exporter leaves them."""
    found, order = [], []
    for one in network.modules():
        if isinstance(one, (torch.nn.Conv2d, torch.nn.BatchNorm2d)):
            one.register_forward_pre_hook(lambda layer, _: order.append(layer))
    network.eval()(torch.rand(1, CHANNELS, 32, 32))
    for layer, after in zip(order, [*order[1:], None], strict=True):
        if isinstance(layer, torch.nn.Conv2d):
            if isinstance(after, torch.nn.BatchNorm2d):
                gain = after.weight / (after.running_var + after.eps).sqrt()
                bias = after.bias - gain * after.running_mean
                found.append(((layer.weight * gain[:, None, None, None]).detach(), bias.detach()))
            else:
                found.append((layer.weight.detach(), layer.bias.detach()))
    return found


def test_a_reopened_network_says_the_same_and_its_norms_are_those_of_its_batches():
    torch.manual_seed(3)
    trained, network = ParseNet(), ParseNet()
    for one in trained.modules():
        if isinstance(one, torch.nn.BatchNorm2d):
            one.running_mean.normal_(std=0.3)
            one.running_var.uniform_(0.5, 2)
            one.weight.data.uniform_(-1.5, 1.5)
            one.bias.data.normal_()
    batches = [torch.rand(4, CHANNELS, 32, 32) for _ in range(3)]
    reopen(network, folded(trained), batches)
    with torch.no_grad():
        expected = trained.eval()(batches[0])
        assert torch.allclose(network.eval()(batches[0]), expected, atol=1e-3 * expected.abs().max())
        whole = torch.cat(batches)
        assert torch.allclose(network.train()(whole), trained.eval()(whole), atol=1e-2 * expected.abs().max())
