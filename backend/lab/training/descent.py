"""One network's descent: AdamW, a rate that warms up and falls, a moving average, and a state on the disk.

Kill a training and call it again: it ends with the weights of one that was not killed. Where the state is lost, weights
alone go on, from step 0 of a new schedule: copy the bundled ones into the output folder.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from .checkpoints import load_state, save_state

CLIP, LOG_EVERY = 1.0, 50


@dataclass(frozen=True)
class Pace:
    """rate: the highest, after warm steps; it falls to a share, last, in a cosine. average: what the moving average
    keeps at each step. betas: AdamW's."""

    rate: float = 1e-3
    warm: int = 100
    last: float = 0.1
    average: float = 0.998
    betas: tuple[float, float] = (0.9, 0.99)

    def with_rate(self, rate: float | None) -> Pace:
        """Itself, or with another highest rate."""
        return self if rate is None else replace(self, rate=rate)

    def at(self, step: int, total: int) -> float:
        """The rate of a step of so many."""
        fallen = 0.5 * (1 + math.cos(math.pi * min(step / total, 1)))
        return self.rate * min(1, (step + 1) / self.warm) * (self.last + (1 - self.last) * fallen)


class Descent:
    """network: what descends. steps: those taken, over all calls. average: the network with averaged weights."""

    def __init__(self, network: nn.Module, pace: Pace, state: Path, weights: Path | None = None) -> None:
        found = state.is_file()
        if weights is not None and weights.is_file() and not found:
            own, known = network.state_dict(), load_file(weights)
            network.load_state_dict({name: known[name] for name in own})
        self.network, self.pace, self.state, self.begun = network, pace, state, time.monotonic()
        self.average = copy.deepcopy(network).requires_grad_(False)
        self.parameters, self.kept = list(network.parameters()), [p.data for p in self.average.parameters()]
        self.optimiser = torch.optim.AdamW(self.parameters, betas=pace.betas, weight_decay=1e-2)
        self.steps = load_state(state, self.parameters, self.kept, self.optimiser) if found else 0

    def step(self, loss: Tensor, rate: float) -> None:
        """Down the loss's slope, at most CLIP far."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, CLIP)
        self.optimiser.step()
        with torch.no_grad():
            for one, new in zip(self.kept, self.parameters, strict=True):
                one.lerp_(new, 1 - min(self.pace.average, (self.steps + 1) / (self.steps + 11)))
        self.steps += 1

    def goes_on(self, last: int, minutes: float) -> bool:
        """Whether steps up to the last and minutes of this call are left."""
        return self.steps < last and time.monotonic() - self.begun < 60 * minutes

    def save(self) -> None:
        save_state(self.state, self.steps, self.parameters, self.kept, self.optimiser)


def low_precision(device: str) -> torch.autocast:
    """bfloat16 on a graphics card; a processor without its instructions is slower with it."""
    return torch.autocast(device, torch.bfloat16, enabled=device == "cuda")


class Means:
    """Means of named figures over LOG_EVERY steps, a line each in a file."""

    def __init__(self, path: Path) -> None:
        self.file, self.told = path.open("a"), {}

    def add(self, step: int, figures: dict[str, float]) -> None:
        for name, value in figures.items():
            self.told.setdefault(name, []).append(value)
        if step % LOG_EVERY == 0:
            means = (f"{name} {sum(values) / len(values):.3f}" for name, values in self.told.items())
            print(step, *means, file=self.file, flush=True)
            self.told = {}


def parser_for(name: str, text: str, *, steps: int, count: int, counted: str) -> argparse.ArgumentParser:
    """What every training of a stage takes. See bare_parser."""
    parser = bare_parser(name, text, steps=steps, count=count, counted=counted)
    parser.add_argument("--faces", type=Path, required=True, help="folder of faces build")
    parser.add_argument("--hub", type=Path, required=True, help="folder of TexHub builds of other faces each")
    parser.add_argument("--minutes", type=float, default=math.inf, help="end earlier; the next call goes on")
    return parser


def bare_parser(name: str, text: str, *, steps: int, count: int, counted: str) -> argparse.ArgumentParser:
    """What every training takes.

    Args:
        count: of what a step learns from; counted: the words for it.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m backend.lab train {name}",
        description=text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--output", type=Path, required=True, help="folder of weights and state; found ones go on")
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--schedule", type=int, help="steps over which the rate falls (default: as many)")
    parser.add_argument("--rate", type=float, help="the highest one (default: the recipe's); weights go on with less")
    parser.add_argument("--count", type=int, default=count, help=f"{counted} (default {count})")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", choices=("cpu", "cuda"))
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default 1)")
    return parser


def begin(parser: argparse.ArgumentParser, argv: list[str] | None) -> argparse.Namespace:
    """The arguments, with torch set as they say and the folder made."""
    arguments = parser.parse_args(argv)
    arguments.schedule = arguments.schedule or arguments.steps
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    arguments.output.mkdir(parents=True, exist_ok=True)
    return arguments
