"""Large models in little memory: tiers by the card, layers that come and go, seeds in groups."""

from __future__ import annotations

import weakref
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from backend.large import memory, paint
from backend.large.memory import LAYER, NETWORK, WHOLE, Tier, tier_for
from backend.large.paint import Order
from backend.large.views import VIEWS, Sights
from backend.models.profiles import PROFILES
from tests.backend import tiny_models

PLAIN = Tier(0, WHOLE, False, False)


@pytest.mark.parametrize("way, most, pictures", [("atlas", 6, 1), ("around", 2, len(VIEWS))])
def test_no_more_seeds_are_held_than_are_painted_at_once(way, most, pictures, monkeypatch):
    """64 of them: completions are made as they are taken; where memory runs out none is lost, and none is twice."""
    alive, groups, shares, loaded = Counter(), [], [], []

    def counted(seed):
        picture = np.full((2, 2, 3), seed, np.float32)
        alive[seed] += 1
        weakref.finalize(picture, alive.subtract, [seed])
        assert len(+alive) <= most + 1  # the one that is finished, too
        return picture

    def run(profile, parts, painter, order, tell, shown):
        groups.append(list(order.seeds))
        if len(groups) == 4:
            raise MemoryError
        tell(0.5, None)
        tell(1.0, None)
        return [counted(seed) for seed in order.seeds]

    monkeypatch.setattr(paint, "run", run)
    monkeypatch.setattr(paint, "find_parts", lambda profile: {})
    monkeypatch.setattr(paint, "load_painter", lambda *told: loaded.append(told) or object())
    tiers = [replace(PLAIN, batch=most * pictures), replace(PLAIN, batch=most * pictures // 2)]
    monkeypatch.setattr(paint, "choose_tiers", lambda *_: tiers)
    blank, sights = np.zeros((2, 2, 3), np.float32), Sights(tiny_models.sphere())
    completions = (counted(seed) for seed in range(64))
    many = Order(blank, blank[..., 0], completions, blank, sights, "photo", range(64), way)
    found = [
        int(one[0, 0, 0]) for one in paint.paint(PROFILES["sdxl"], many, "cpu", lambda share, _: shares.append(share))
    ]
    assert found == list(range(64)) and len(loaded) == 2
    assert [len(group) for group in groups[:5]] == [most] * 4 + [most // 2] and groups[3][: most // 2] == groups[4]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] == 1


def test_layers_come_one_by_one():
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.GroupNorm(2, 4))
    before, there = [value.clone() for value in network.parameters()], []
    memory.stream_layers(network, "meta")
    for layer in network:
        layer.register_forward_pre_hook(lambda layer, _: there.append([p.device.type for p in network.parameters()]))
    assert network(torch.zeros(2, 3, device="meta")).device.type == "meta"
    assert there == [["meta", "meta", "cpu", "cpu"], ["cpu", "cpu", "meta", "meta"]]
    assert all(torch.equal(old, new) for old, new in zip(before, network.parameters()))


def test_tiers_of_the_real_profiles(monkeypatch):
    told = {name: [tier_for(profile, card).offload for card in memory.CARDS] for name, profile in PROFILES.items()}
    assert told == {
        "sd15": [WHOLE, WHOLE, WHOLE, NETWORK, NETWORK],
        "sdxl": [WHOLE, NETWORK, NETWORK, LAYER, LAYER],
        "klein": [WHOLE, NETWORK, NETWORK, LAYER, LAYER],
    }
    batches = {name: [tier_for(profile, card).batch for card in memory.CARDS] for name, profile in PROFILES.items()}
    assert batches == {"sd15": [8, 8, 5, 6, 2], "sdxl": [2, 2, 1, 3, 2], "klein": [2, 3, 1, 3, 2]}
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (7.5e9, 8e9))
    assert [tier.gigabytes for tier in memory.choose_tiers(PROFILES["sdxl"], "cuda")] == [8, 6]
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (1e9, 8e9))
    assert [tier.gigabytes for tier in memory.choose_tiers(PROFILES["sdxl"], "cuda")] == [6]
