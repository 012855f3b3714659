"""train stage1: the network that completes what a portrait shows. One page: draw, noise, predict, descend, export.

    python -m backend.lab train stage1 --faces runs/faces --hub runs/hub --output runs/stage1 --steps 4000
    ... --device cuda --count 64 --workers 14 --steps 20000        half an hour of a large GPU

Kill it and call it again: STATE holds weights, their average, the optimiser and the step.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ...head.facial_regions import find_facial_regions
from ...networks.conditions import SCALE
from ..networks.completer import PATCH, Completer
from ..networks.pictures import drawn_noise
from ..texhub.build import SOURCES
from .augment import Geometry
from .checkpoints import save_half
from .descent import Descent, Means, Pace, begin, low_precision, parser_for
from .experts import fold_experts
from .folds import Textures
from .people import FOLDS, load_people
from .samples import Batch, Samples

PACE = Pace(average=0.995)
#: Weights of the loss: where the truth was shown, where nobody knows it (there the prior's guess is kept), of what the
#: network says about its own error; of the start's error in the denominator, so that good starts do not own the loss.
SEEN, UNKNOWN, SURE, FLOOR = 0.3, 0.02, 0.05, 0.02
EXPORT_EVERY = 600.0  # seconds
WEIGHTS, STATE = "inpaint.safetensors", "stage1.state.safetensors"


def loss_of(network: Completer, batch: Batch, random: torch.Generator) -> tuple[Tensor, dict]:
    """Each picture twice: from the prior's guess, half of those without any noise, and mirrored, part of the way."""
    both = Batch(
        *(torch.cat([part, part.flip(-1)]) if part.ndim == 4 else part.repeat(2) for part in vars(batch).values())
    )
    count = len(batch.truth)
    residual = (both.truth - both.start) / SCALE
    eta = torch.ones(2 * count)
    eta[count:] = torch.rand(count, generator=random)
    noise = torch.cat([torch.zeros_like(residual[: count // 2]), drawn_noise(2 * count - count // 2, random)])
    eta, noise = eta.to(residual.device), noise.to(residual.device)
    noisy = (1 - eta)[:, None, None, None] * residual + eta.sqrt()[:, None, None, None] * noise
    clean, said = network(noisy, both.start, both.colour, both.confidence, eta, both.style)
    squared, usual = (clean.float() - residual).square().mean(1, True), residual.square().mean(1, True)
    hidden, seen = relative(squared, usual, both.hidden), relative(squared, usual, both.seen)
    kept = relative(clean.float().square().mean(1, True), usual, (1 - both.hidden - both.seen).clamp(min=0))
    sure = calibration(squared.detach(), said.float(), both.hidden)
    loss = hidden + SEEN * seen + UNKNOWN * kept + SURE * sure
    terms = {"hidden": hidden[:count], "part": hidden[count:], "seen": seen, "sure": sure}
    return loss.mean(), {name: float(value.detach().mean()) for name, value in terms.items()}


def relative(squared: Tensor, usual: Tensor, weight: Tensor) -> Tensor:
    """(B,) squared error as a share of the start's own: 1 is no better than the start. All (B,1,S,S)."""
    total = weight.sum((1, 2, 3)).clamp(min=1)
    error, start = ((one * weight).sum((1, 2, 3)) / total for one in (squared, usual))
    return error / (start + FLOOR)


def calibration(squared: Tensor, said: Tensor, weight: Tensor) -> Tensor:
    """(B,) negative logarithm of the likelihood of the errors (B,1,S,S), where said is the logarithm of their mean in
    each patch."""
    sure = F.avg_pool2d(weight, PATCH)
    error = F.avg_pool2d(squared * weight, PATCH) / sure.clamp(min=1e-3)
    said = said.clamp(-8, 4)
    return ((said + error / said.exp()) * sure).sum((1, 2, 3)) / sure.sum((1, 2, 3)).clamp(min=1)


def batches(samples: Samples, first: int, last: int, count: int, workers: int) -> Iterator[Batch]:
    """Batches by number, drawn by so many processes; 0: by this one."""
    if not workers:
        yield from (samples.batch(number, count) for number in range(first, last))
        return
    with torch.multiprocessing.get_context("spawn").Pool(workers, alone) as pool:
        yield from pool.imap(Draw(samples, count), range(first, last))


class Draw:
    """samples.batch() of a number, for a pool."""

    def __init__(self, samples: Samples, count: int) -> None:
        self.samples, self.count = samples, count

    def __call__(self, number: int) -> Batch:
        return self.samples.batch(number, self.count)


def alone() -> None:
    import cv2

    torch.set_num_threads(1)
    cv2.setNumThreads(1)


def load_samples(faces: Path, hub: Path, output: Path, seed: int) -> Samples:
    people = load_people(faces, "train")
    geometry = Geometry.load(hub / "fold0" / SOURCES)
    textures = [Textures.load(hub / f"fold{k}") for k in range(FOLDS)]
    experts = fold_experts(people, hub, output)
    return Samples(people, textures, experts, geometry, find_facial_regions(geometry.positions), seed)


def train(arguments: argparse.Namespace) -> None:
    samples = load_samples(arguments.faces, arguments.hub, arguments.output, arguments.seed)
    network = Completer().to(arguments.device, memory_format=torch.channels_last)
    pace = PACE.with_rate(arguments.rate)
    descent = Descent(network, pace, arguments.output / STATE, arguments.output / WEIGHTS)
    log, saved, first = Means(arguments.output / "stage1.log"), time.monotonic(), descent.steps
    for batch in batches(samples, first, arguments.steps, arguments.count, arguments.workers):
        random = torch.Generator().manual_seed(arguments.seed + 7919 * (descent.steps + 1))
        with low_precision(arguments.device):
            loss, terms = loss_of(network, batch.to(arguments.device), random)
        descent.step(loss, pace.at(descent.steps, arguments.schedule))
        log.add(descent.steps, terms)
        over = not descent.goes_on(arguments.steps, arguments.minutes)
        if over or time.monotonic() - saved > EXPORT_EVERY:
            save_half(descent.average.state_dict(), arguments.output / WEIGHTS)
            descent.save()
            saved = time.monotonic()
        if over:
            break


def main(argv: list[str] | None = None) -> int:
    parser = parser_for("stage1", __doc__, steps=4000, count=8, counted="pictures a step, each of them used twice")
    parser.add_argument("--workers", type=int, default=0, help="processes that draw pictures (default: this one)")
    train(begin(parser, argv))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
