"""train repaint: the denoiser of stage 3, on squares of the atlas. One page: draw, noise, predict, descend, export.

    python -m backend.lab train repaint --faces runs/faces --hub runs/hub --output runs/train

OUTPUT holds what `train stage1` left there, whose completions it repaints; they are drawn once (completions.py). First
it learns by squared error, then against a judge, too (judge.py); and first from portraits where --pictures asks for it
(portrait_squares.py), then in the atlas. Kill it and call it again.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...networks.conditions import TIMES
from ...networks.detail import CONDITIONS
from ...networks.sizes import TEXELS
from ...stages.repaint import STEPS, job_times
from ..networks.denoiser import Denoiser
from ..networks.detail import blurred, conditions, fine, from_units, how_sure, noised, to_units
from ..untrained import load_modules, untrained
from .checkpoints import save_half
from .completions import Completions, draw_completions
from .descent import Descent, Means, Pace, begin, low_precision, parser_for
from .judge import LOOKED_AT, Judge, feature_distance, hinge
from .portrait_squares import Portraits, keep_portraits
from .stage1 import load_samples

PACE, JUDGED_PACE = Pace(last=0.03), Pace(rate=2e-4)
JUDGE_PACE = Pace(rate=4e-4, average=0.9, betas=(0.0, 0.99))
#: Weights of the distance of features, and of the judge's verdict, beside the squared error in usual details.
PERCEIVED, VERDICT = 4.0, 0.05
#: Texels of a square; of one picture so many are taken, for its conditions are reckoned once.
SQUARE, SQUARES = 64, 4
#: A texel whose truth is not known counts so little; detail beyond so many usual ones is drawn in.
KNOWN, LIMIT = 0.3, 5.0
#: Reach of what is usual, texels; its least, sRGB.
EVEN, LEAST = 4.0, 0.008
#: Channels of networks.detail.conditions() that say how strong visible detail is.
STRENGTH = slice(14, 17)
EXPORT_EVERY = 300.0  # seconds
WEIGHTS, STATE, JUDGE = "repaint.safetensors", "repaint.state.safetensors", "judge.state.safetensors"
DRAWN, KEPT = "completions", "portraits"  # folders


def target(truth: Tensor, made: Tensor, colour: Tensor, known: Tensor, confidence: Tensor) -> tuple[Tensor, ...]:
    """Detail that the completion lacks (1,3,S,S), sRGB: all of it, and what was seen of it; and how surely each is
    known."""
    sure = how_sure(confidence)
    everywhere = torch.maximum(known * (known > KNOWN), sure)
    lacks = fine(torch.where(known > sure, truth, colour) - made, everywhere)
    return lacks, fine(colour - made, sure), known * (known > KNOWN), sure


def usual_detail(found: Completions | Portraits) -> Tensor:
    """(1,S,S) standard deviation of what photographed people's completions lack at each place, symmetric, smooth."""
    power, weight = torch.zeros(1, 1, TEXELS, TEXELS), torch.full((1, 1, TEXELS, TEXELS), 1e-3)
    for *parts, _ in found.photographs():
        lacks, _, known, _ = target(*parts)
        power += lacks.square().mean(1, keepdim=True) * known
        weight += known
    power, weight = (blurred(one + one.flip(-1), EVEN) for one in (power, weight))
    mean = power.sum() / weight.sum()
    return ((power + mean) / (weight + 1)).sqrt().clamp(min=LEAST)[0]


class Squares:
    """Batch number n of a seed is the same whenever it is drawn."""

    def __init__(self, found: Completions | Portraits, geometry: Tensor, usual: Tensor, seed: int) -> None:
        self.found, self.geometry, self.usual, self.seed = found, geometry, usual, seed

    def batch(self, number: int, count: int) -> tuple[Tensor, ...]:
        """detail (B,3,P,P) in units, conditions (B,C,P,P), how surely it is known and what is usual (B,1,P,P), and
        style (B,), of B = count squares."""
        random = np.random.default_rng([self.seed, number])
        drawn = [self.squares(random) for _ in range(count // SQUARES)]
        return tuple(torch.cat(parts) for parts in zip(*drawn, strict=True))

    def squares(self, random: np.random.Generator) -> tuple[Tensor, ...]:
        *parts, style = self.found.draw(random)
        if random.random() < 0.5:
            parts = [part.flip(-1) for part in parts]
        lacks, seen, known, sure = target(*parts)
        units = to_units(lacks, self.usual)
        units = units / (1 + (units / LIMIT) ** 4) ** 0.25
        told = conditions(parts[1], to_units(seen, self.usual), sure, self.geometry, self.usual)
        rows = torch.nonzero(known[0, 0, ::8, ::8] > KNOWN)
        shift = int(random.integers(0, known.shape[-1]))  # squares lie across the atlas's edge, too
        whole = torch.roll(torch.cat([units, told, known, self.usual[None]], 1), shift, -1)
        cut = []
        for _ in range(SQUARES):
            row, column = rows[int(random.integers(len(rows)))] * 8 if len(rows) else (128, 128)
            top, left = (int(v) - SQUARE // 2 + int(random.integers(-24, 25)) for v in (row, column + shift))
            top = min(max(top, 0), known.shape[-2] - SQUARE)
            cut.append(torch.roll(whole, -left, -1)[:, :, top : top + SQUARE, :SQUARE])
        cut = torch.cat(cut)
        return cut[:, :3], cut[:, 3:-2], cut[:, -2:-1], cut[:, -1:], style.expand(SQUARES)


def loss_of(network: Denoiser, batch: tuple[Tensor, ...], random: torch.Generator) -> Tensor:
    """Squared error of the velocity at any time, where the truth is known; 1 where nothing is learnt."""
    detail, told, known, _, style = batch
    time = torch.randint(0, TIMES, (len(detail),), generator=random).to(detail.device)
    kept = network.kept[time][:, None, None, None]
    wrong = (network(noised(detail, kept, random), told, time, style).float() - detail).square() * known
    return (wrong / (1 - kept).clamp(min=1e-3)).sum() / (3 * known.sum().clamp(min=1))


def looked_at(batch: tuple[Tensor, ...], clean: Tensor, top: int, left: int) -> tuple[Tensor, ...]:
    """What the judge is shown, (B,3,L,L) sRGB each: photographed, made up, the completion below; and what counts.

    Where the truth is not known both are the completion with what was seen of its detail, as a job imposes it. The last
    is (B,3) how strong that is.
    """
    detail, told, known, usual, _ = (
        part[..., top : top + LOOKED_AT, left : left + LOOKED_AT] if part.ndim == 4 else part for part in batch
    )
    clean = clean[..., top : top + LOOKED_AT, left : left + LOOKED_AT]
    start, shown, sure = told[:, :3] + 0.5, told[:, 6:9], told[:, 9:10]
    hidden = (known > KNOWN) * (1 - sure)
    return (
        *(start + from_units(hidden * one + shown, usual) for one in (detail, clean)),
        start,
        hidden,
        told[:, STRENGTH].mean((2, 3)),
    )


def both(looks: list[Tensor], others: list[Tensor]) -> list[Tensor]:
    return [torch.cat(pair) for pair in zip(looks, others, strict=True)]


class Trial:
    """Steps against the judge: what a job's first or second step makes shall look photographed (adversarial diffusion,
    Sauer et al., arXiv 2311.17042, from what the steps before made rather than from the truth)."""

    def __init__(self, network: Denoiser, output: Path, device: str) -> None:
        self.network, self.judge = network, Judge(device).to(device)
        self.descent = Descent(self.judge, JUDGE_PACE, output / JUDGE)

    def made(self, batch: tuple[Tensor, ...], random: torch.Generator) -> Tensor:
        """(B,3,P,P) detail after so many of a job's steps, of which the last is learnt from."""
        detail, told, _, _, style = batch
        clean, last = torch.zeros_like(detail), int(torch.randint(0, STEPS, (), generator=random))
        for i, moment in enumerate(torch.from_numpy(job_times()[: last + 1]).to(detail.device)):
            with torch.set_grad_enabled(i == last):
                noisy = noised(clean, self.network.kept[moment], random)
                clean = self.network(noisy, told, moment.expand(len(detail)), style).float()
            if i < last:
                clean = clean * (1 - told[:, 9:10]) + told[:, 6:9]
        return clean

    def losses(self, batch: tuple[Tensor, ...], random: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        """The denoiser's loss, after the judge has learnt from the same squares."""
        clean, weight = self.made(batch, random), batch[2]
        squared = ((clean - batch[0]).square() * weight).sum() / (3 * weight.sum().clamp(min=1))
        top, left = torch.randint(0, SQUARE - LOOKED_AT + 1, (2,), generator=random).tolist()
        real, made, start, known, rough = looked_at(batch, clean, top, left)
        with torch.no_grad():
            below, photographed = self.judge.look(start), self.judge.look(real)
        looks, twice = self.judge.look(made), (torch.cat([known, known]), torch.cat([rough, rough]))
        verdicts = self.judge(both(photographed, [look.detach() for look in looks]), both(below, below), *twice)
        told = hinge(verdicts, known)
        self.descent.step(told, JUDGE_PACE.rate)
        verdict, perceived = self.judge(looks, below, known, rough).mean(), feature_distance(looks, photographed, known)
        with torch.no_grad():
            afar = self.judge.look(real, 1)
        perceived = (perceived + feature_distance(self.judge.look(made, 1), afar, known)) / 2
        terms = {"squared": squared, "perceived": perceived, "verdict": verdict, "judge": told}
        loss = squared + PERCEIVED * perceived - VERDICT * verdict
        return loss, {name: value.item() for name, value in terms.items()}


def portrait_squares(arguments: argparse.Namespace) -> Squares:
    """Squares of portraits in image space. Their places are 0, which is inside every head: what the network knows of
    the atlas's places is neither used nor unlearnt."""
    folder = arguments.output / KEPT
    keep_portraits(arguments.portraits, arguments.faces, folder)
    found = Portraits.load(folder)
    return Squares(found, torch.zeros(3, TEXELS, TEXELS), usual_detail(found), arguments.seed)


def train(arguments: argparse.Namespace) -> None:
    folder, output, device = arguments.output / DRAWN, arguments.output, arguments.device
    if arguments.draw:
        samples = load_samples(arguments.faces, arguments.hub, output, arguments.seed + 5)
        draw_completions(samples, load_modules(output).by_name["completer"], arguments.draw, folder)
    found = Completions.load(folder)
    usual = usual_detail(found)
    geometry = torch.from_numpy(untrained(output).geometry).permute(2, 0, 1)
    squares = Squares(found, geometry, usual, arguments.seed)
    first = portrait_squares(arguments) if arguments.pictures else squares
    network = Denoiser(CONDITIONS).to(device, memory_format=torch.channels_last)
    pace = PACE.with_rate(arguments.rate)
    descent = Descent(network, pace, output / STATE, output / WEIGHTS)
    trial = Trial(network, output, device) if arguments.judged else None
    log, saved, last = Means(output / "repaint.log"), time.monotonic(), arguments.steps + arguments.judged
    while descent.goes_on(last, arguments.minutes):
        random = torch.Generator().manual_seed(arguments.seed + 7919 * (descent.steps + 1))
        judged = trial is not None and descent.steps >= arguments.steps
        drawn = (first if descent.steps < arguments.pictures else squares).batch(descent.steps, arguments.count)
        batch = tuple(part.to(device) for part in drawn)
        with low_precision(device):
            if judged:
                loss, told = trial.losses(batch, random)
            else:
                loss = loss_of(network, batch, random)
                told = {"squared": loss.item()}
        if judged:
            rate = JUDGED_PACE.at(descent.steps - arguments.steps, arguments.judged)
        else:
            rate = pace.at(descent.steps, arguments.schedule)
        descent.step(loss, rate)
        log.add(descent.steps, told)
        if time.monotonic() - saved > EXPORT_EVERY or not descent.goes_on(last, arguments.minutes):
            save_half(descent.average.state_dict() | {"usual": usual}, output / WEIGHTS)
            descent.save()
            if judged:
                trial.descent.save()
            saved = time.monotonic()


def main(argv: list[str] | None = None) -> int:
    counted = f"squares a step, {SQUARES} of a picture"
    parser = parser_for("repaint", __doc__, steps=4000, count=16, counted=counted)
    parser.add_argument("--draw", type=int, default=4000, help="completions to learn from (default 4000); 0: as many")
    parser.add_argument("--portraits", type=Path, help="folder of the portraits that faces build observed")
    parser.add_argument("--pictures", type=int, default=0, help="the first so many steps learn from portraits")
    parser.add_argument("--judged", type=int, default=6000, help="further steps, against a judge (default 6000)")
    train(begin(parser, argv))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
