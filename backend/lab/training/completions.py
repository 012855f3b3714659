"""What stage 3 learns from: completions of stage 1 beside the truth, drawn once and kept in shards.

Samples are stage 1's own (samples.py): people of whom a part is hidden, and painted skins, from priors that saw
neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ...networks.conditions import SCALE
from .samples import Samples

SHARD, FIELDS = 64, ("truth", "made", "colour", "known", "confidence", "style")


@dataclass(frozen=True)
class Completions:
    """truth, made, colour: (N,3,S,S) uint8 sRGB: what was to be made, stage 1's mean, what was seen. known, confidence:
    (N,S,S) uint8: how surely the truth is known and was not seen, and what was seen. style: (N,) index."""

    truth: np.ndarray
    made: np.ndarray
    colour: np.ndarray
    known: np.ndarray
    confidence: np.ndarray
    style: np.ndarray

    def __len__(self) -> int:
        return len(self.style)

    @classmethod
    def load(cls, folder: Path) -> Completions:
        """All shards of a folder.

        Raises:
            FileNotFoundError: when there is none.
        """
        shards = [np.load(path, allow_pickle=False) for path in sorted(folder.glob("*.npz"))]
        if not shards:
            raise FileNotFoundError(f"No completions in {folder}.")
        return cls(*(np.concatenate([shard[name] for shard in shards]) for name in FIELDS))

    def picture(self, i: int) -> tuple[Tensor, ...]:
        """truth, made, colour (1,3,S,S), known, confidence (1,1,S,S) and style (1,) of completion i."""
        parts = (getattr(self, name)[i] for name in ("truth", "made", "colour", "known", "confidence"))
        five = [torch.from_numpy(part).float()[None] / 255 for part in parts]
        return *five[:3], five[3][:, None], five[4][:, None], torch.tensor([int(self.style[i])])

    def draw(self, random: np.random.Generator) -> tuple[Tensor, ...]:
        """picture() of any."""
        return self.picture(int(random.integers(len(self))))

    def photographs(self, every: int = 2) -> Iterator[tuple[Tensor, ...]]:
        """picture() of photographed people's, of so many one."""
        return (self.picture(int(i)) for i in np.flatnonzero(self.style == 0)[::every])


@torch.no_grad()
def draw_completions(samples: Samples, completer: nn.Module, count: int, folder: Path) -> None:
    """Write so many samples in shards, those that are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(-(-count // SHARD)):
        path = folder / f"{number:04d}.npz"
        if path.is_file():
            continue
        rows = [complete(samples, completer, number * SHARD + i) for i in range(SHARD)]
        with path.with_suffix(".part").open("wb") as file:
            np.savez(file, **{name: np.array(part) for name, part in zip(FIELDS, zip(*rows, strict=True), strict=True)})
        path.with_suffix(".part").replace(path)


def complete(samples: Samples, completer: nn.Module, number: int) -> tuple[np.ndarray, ...]:
    """One sample, completed by stage 1 in one step from no noise, as a job does it (stages/inpaint.py)."""
    batch = samples.batch(number, 1)
    given = [torch.cat([part, part.flip(-1)]) for part in (batch.start, batch.colour, batch.confidence)]
    clean, _ = completer(torch.zeros_like(given[0]), *given, torch.ones(2), batch.style.expand(2))
    made = batch.start + SCALE * (clean[:1] + clean[1:].flip(-1)) / 2
    pictures = (batch.truth, made, batch.colour, batch.hidden[:, 0], batch.confidence[:, 0])
    return *((part[0].clamp(0, 1) * 255).round().byte().numpy() for part in pictures), batch.style.numpy()[0]
