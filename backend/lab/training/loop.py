"""train generator: the texture generator of stage 2 and its encoder (losses.py).

Every step's data and noise come from the seed and the step's number, and the checkpoint holds all else: a training that
was killed ends with the weights of one that was not (on the same machine).
"""

from __future__ import annotations

import math
import time
from contextlib import nullcontext
from dataclasses import replace

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from ...models import runtime
from ...models.bundle import FILES, Networks, canvas_of, graph, untrained
from ...models.graph import Graph
from .batches import Batch, Batches
from .checkpoints import load_state, save_state
from .export import export
from .folds import load_folds, load_geometry
from .logs import Log
from .losses import generator_loss

EMA = 0.997
SAVE_EVERY = 60.0  # seconds
LOG_EVERY = 20  # steps
LEFT_OUT = 4  # batches of the left-out folds


def train(arguments, preset) -> None:
    name, device, total = arguments.network, arguments.device, preset.steps[arguments.network]
    torch.manual_seed(arguments.seed)
    networks = untrained(arguments.output, device)
    if runtime.wanted(device):  # stage 1 stands still here
        networks = replace(networks, completer=Graph(graph("completer"), networks.completer.state_dict()))
    modules = [getattr(networks, attribute) for attribute, _ in FILES[f"{name}.safetensors"]]
    for module in modules:
        module.train().requires_grad_(True)
        if device == "cuda":
            module.to(memory_format=torch.channels_last)
    parameters = [p for module in modules for p in module.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=preset.rate, betas=(0.9, 0.99), weight_decay=1e-2)
    average = [p.detach().clone() for p in parameters]
    state_file = arguments.output / f"{name}.state.safetensors"
    begin = load_state(state_file, parameters, average, optimiser) if state_file.is_file() else 0
    folds = load_folds(arguments.hub, arguments.portraits, arguments.output)
    geometry = load_geometry(arguments.hub)

    def batches(left_out: bool, seed: int) -> Batches | None:
        chosen = [fold for fold in folds if (fold.number in arguments.leave_out) == left_out]
        return Batches(chosen, geometry, preset.batch, seed) if chosen else None

    strangers = batches(True, arguments.seed + 1)
    checks = [strangers[i] for i in range(LEFT_OUT)] if strangers else []
    canvases = [tuple(part.to(device) for part in canvas_of(fold.canvas)) for fold in folds]
    data = DataLoader(
        batches(False, arguments.seed),
        batch_size=None,
        sampler=range(begin, total),
        num_workers=preset.workers,
        pin_memory=device == "cuda",
        persistent_workers=False,
    )
    loss_of = torch.compile(generator_loss) if preset.compiled and device == "cuda" else generator_loss
    log = Log(arguments.output, name, begin)
    start = saved = time.monotonic()
    for step, batch in enumerate(data, begin):
        torch.manual_seed(arguments.seed + 7919 * (step + 1))
        terms = loss_terms(loss_of, networks, batch.to(device), canvases, preset.precision)
        descend(sum(terms.values()), parameters, average, optimiser, preset.rate, step, total)
        log.add(terms)
        now, last = time.monotonic(), step + 1 == total
        stop = now - start > arguments.minutes * 60
        if (step + 1) % LOG_EVERY == 0 or last or stop:
            log.write(step + 1, total, preset.batch)
        if now - saved > SAVE_EVERY or last or stop:
            saved = now
            with averaged(parameters, average):
                export(name, networks, arguments.output)
                if checks:
                    log.validation(step + 1, validate(loss_of, networks, modules, checks, canvases, preset.precision))
                log.sheet(step + 1, networks, batch.to(device))
            save_state(state_file, step + 1, parameters, average, optimiser)
        if stop:
            break
    log.close()


def loss_terms(loss_of, networks: Networks, batch: Batch, canvases, precision: str) -> dict[str, Tensor]:
    """Named terms of one batch, on the canvas of its fold."""
    networks.generator.mean, networks.generator.basis = canvases[batch.fold]
    low = torch.autocast(networks.device, torch.bfloat16) if precision == "bf16" else nullcontext()
    with low:
        return loss_of(networks, batch)


@torch.no_grad()
def validate(loss_of, networks: Networks, modules, checks: list[Batch], canvases, precision: str) -> dict[str, float]:
    """Mean terms over the left-out batches."""
    for module in modules:
        module.eval()
    torch.manual_seed(0)
    terms = [loss_terms(loss_of, networks, batch.to(networks.device), canvases, precision) for batch in checks]
    for module in modules:
        module.train()
    return {key: float(sum(one[key] for one in terms) / len(terms)) for key in terms[0]}


def descend(
    loss: Tensor,
    parameters: list[Tensor],
    average: list[Tensor],
    optimiser: torch.optim.Optimizer,
    rate: float,
    step: int,
    total: int,
) -> None:
    """One step, at a rate that warms up and then falls to a tenth of it in a cosine; the moving average follows."""
    cosine = 0.1 + 0.45 * (1 + math.cos(math.pi * step / total))
    for group in optimiser.param_groups:
        group["lr"] = rate * min(1.0, (step + 1) / 100) * cosine
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimiser.step()
    with torch.no_grad():
        for kept, new in zip(average, parameters, strict=True):
            kept.lerp_(new, 1 - min(EMA, (step + 1) / (step + 11)))


class averaged:
    """The modules hold the moving average of their parameters while it is open."""

    def __init__(self, parameters: list[Tensor], average: list[Tensor]) -> None:
        self.parameters, self.average = parameters, average

    def __enter__(self) -> None:
        self.current = [p.detach().clone() for p in self.parameters]
        for parameter, kept in zip(self.parameters, self.average, strict=True):
            parameter.data.copy_(kept)

    def __exit__(self, *_) -> None:
        for parameter, value in zip(self.parameters, self.current, strict=True):
            parameter.data.copy_(value)
