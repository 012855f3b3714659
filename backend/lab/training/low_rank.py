"""Low rank changes of a large model (Hu et al., arXiv 2106.09685) while they are trained, beside its weights."""

from __future__ import annotations

from torch import Tensor, nn

#: Layers of a U-Net or transformer that are changed: those of attention.
CHANGED = ("to_q", "to_k", "to_v", "to_out.0")


class LowRank(nn.Module):
    """A linear layer with a change that is trained, which begins at nothing."""

    def __init__(self, linear: nn.Linear, rank: int) -> None:
        super().__init__()
        self.linear = linear
        self.lora_A = nn.Linear(linear.in_features, rank, bias=False)
        self.lora_B = nn.Linear(rank, linear.out_features, bias=False)
        nn.init.normal_(self.lora_A.weight, std=1 / rank)
        nn.init.zeros_(self.lora_B.weight)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x) + self.lora_B(self.lora_A(x.to(self.lora_A.weight.dtype))).to(x.dtype)


def add_lora(network: nn.Module, rank: int) -> dict[str, LowRank]:
    """Give a frozen network's attention changes to train; by the path of the layer."""
    added = {}
    for path, module in list(network.named_modules()):
        for name in CHANGED:
            if path.endswith(f".{name}") and isinstance(module, nn.Linear):
                parent = network.get_submodule(path.rpartition(".")[0])
                layer = LowRank(module, rank)
                parent.register_module(path.rpartition(".")[2], layer)
                added[path] = layer
    return added
