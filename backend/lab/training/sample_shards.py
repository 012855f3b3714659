"""Samples that are rendered or drawn one by one: .npz shards, written as they come, each whole or not there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ...errors import AvatarTexError, ErrorCode


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


def shards_of(folder: Path, name: str, maker: str) -> Iterator[dict[str, np.ndarray]]:
    """Those whose names begin so, one after the other.

    Args:
        maker: the command of the laboratory that writes them.

    Raises:
        AvatarTexError: BAD_REQUEST, where there are none.
    """
    files = sorted(folder.glob(f"{name}*.npz"))
    if not files:
        raise AvatarTexError(
            ErrorCode.BAD_REQUEST, f"{folder} has no samples {name}*.npz.", f"Run python -m backend.lab {maker}."
        )
    for file in files:
        yield dict(np.load(file, allow_pickle=False))


def read_shards(folder: Path, name: str, maker: str) -> dict[str, np.ndarray]:
    """All their samples, by key; else as shards_of()."""
    shards = list(shards_of(folder, name, maker))
    return {key: np.concatenate([shard[key] for shard in shards]) for key in shards[0]}
