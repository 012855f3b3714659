"""How a large model fits a graphics card: tiers by its free memory, and who is on it when."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ..models.profiles import Profile

#: GB of cards, the largest first.
CARDS = (24, 16, 12, 8, 6)
#: Where networks are while they do not work: on the card; in the computer's memory; and even layer by layer.
WHOLE, NETWORK, LAYER = "all at once", "network by network", "layer by layer"


@dataclass(frozen=True)
class Tier:
    """gigabytes: of the card that it is for. offload: WHOLE, NETWORK or LAYER. halves: with and without the words one
    after the other. tiling: pictures are encoded and decoded in tiles. batch: pictures that a step takes at once."""

    gigabytes: int
    offload: str
    halves: bool
    tiling: bool
    batch: int = 1


def usable(device: str) -> str:
    """A job's device, if torch can use it, too; else cpu."""
    return "cuda" if device == "cuda" and torch.cuda.is_available() else "cpu"


def tier_for(profile: Profile, gigabytes: int) -> Tier:
    """How a profile runs on a card of CARDS."""
    room = gigabytes * 0.85  # the rest is for what they reckon
    offload = WHOLE if profile.memory[0] <= room else NETWORK if profile.memory[1] <= room else LAYER
    there = {WHOLE: profile.memory[0], NETWORK: profile.memory[1], LAYER: 1.0}[offload]
    batch = max(1, min(8, int((0.95 * gigabytes - there) / profile.memory[2])))  # more at once fill no card better
    return Tier(gigabytes, offload, gigabytes <= 8, gigabytes <= (12 if profile.texels > 512 else 6), batch)


def choose_tiers(profile: Profile, device: str) -> list[Tier]:
    """The one for what is free now, then those below it, for when memory runs out."""
    if device == "cpu":
        return [Tier(0, WHOLE, False, False)]  # more at once is no faster there
    free = torch.cuda.mem_get_info()[0] / 1e9
    fitting = [card for card in CARDS if card <= free * 1.1]  # a card of 8 GB never has 8 GB free
    return [tier_for(profile, card) for card in fitting or CARDS[-1:]]


class Bench:
    """Puts networks on the device while they work."""

    def __init__(self, device: str, tier: Tier) -> None:
        self.device, self.tier = device, tier
        self.layered: list[nn.Module] = []

    def keep(self, network: nn.Module, large: bool = False) -> nn.Module:
        """Take a network in. large: one of those whose layers may come one by one."""
        if self.tier.offload == WHOLE:
            return network.to(self.device)
        if self.tier.offload == LAYER and large:
            stream_layers(network, self.device)
            self.layered.append(network)
        return network

    @contextlib.contextmanager
    def on(self, *networks: nn.Module) -> Iterator[None]:
        """Have them on the device."""
        moved = [
            network
            for network in networks
            if self.tier.offload != WHOLE and all(network is not other for other in self.layered)
        ]
        try:
            for network in moved:
                network.to(self.device)
            yield
        finally:
            for network in moved:
                network.to("cpu")
            if moved:
                release(self.device)


def stream_layers(network: nn.Module, device: str) -> None:
    """Have each layer's weights on the device while that layer works, and in memory all the time."""
    for module in network.modules():
        between = next(module.children(), None) is not None  # a few numbers of its own; they stay on the device
        for table in (module._parameters, module._buffers):
            own = {name: value for name, value in table.items() if value is not None}
            if not own:
                continue
            if between:
                table |= {name: moved(value, device) for name, value in own.items()}
                continue

            def come(_module: nn.Module, _given: tuple, table: Any = table, own: dict = own) -> None:
                table |= {name: moved(value, device) for name, value in own.items()}

            def go(_module: nn.Module, _given: tuple, _made: Any, table: Any = table, own: dict = own) -> None:
                table |= own

            module.register_forward_pre_hook(come)
            module.register_forward_hook(go, always_call=True)


def moved(value: torch.Tensor, device: str) -> torch.Tensor:
    there = value.detach().to(device)
    return nn.Parameter(there, requires_grad=False) if isinstance(value, nn.Parameter) else there


def release(device: str) -> None:
    """Give the card's memory back to other programs."""
    if device == "cuda":
        torch.cuda.empty_cache()
