"""Samples that are rendered or drawn one by one, written as they come: .npz shards, each whole or not there."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np


def write_shards(draw: Callable[[], dict[str, np.ndarray]], count: int, each: int, folder: Path, name: str) -> None:
    """`count` samples in shards NAME_NUMBER.npz of `each`, keys stacked; says how far it is."""
    folder.mkdir(parents=True, exist_ok=True)
    begin, shard, part = time.monotonic(), [], folder / f"part_{name}.npz"
    for number in range(1, count + 1):
        shard.append(draw())
        if len(shard) == each or number == count:
            np.savez_compressed(part, **{key: np.array([one[key] for one in shard]) for key in shard[0]})
            part.replace(folder / f"{name}_{number:05d}.npz")
            shard = []
            print(f"{number} of {count}, {(time.monotonic() - begin) / 60:.1f} min", flush=True)
