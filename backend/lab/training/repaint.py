"""train repaint: the denoiser of stage 3, on squares of the atlas. One page: draw, noise, predict, descend, export.

    python -m backend.lab train repaint --faces runs/faces --hub runs/hub --output runs/train --steps 6000

OUTPUT holds what `train stage1` left there, whose completions it repaints; they are drawn once (completions.py). Kill
it and call it again: STATE holds weights, their average, the optimiser and the step.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...models.bundle import untrained
from ...networks.conditions import TIMES
from ...networks.denoiser import Denoiser
from ...networks.detail import CHANNELS_TOLD, blurred, conditions, draw_noise, fine, how_sure, to_units
from .checkpoints import load_state, save_half, save_state
from .completions import Completions, draw_completions
from .stage1 import load_samples

RATE, WARM, AVERAGE, CLIP = 1e-3, 100, 0.998, 1.0
#: Texels of a square; of one picture so many are taken, for its conditions are reckoned once.
SQUARE, SQUARES = 96, 4
#: A texel whose truth is not known counts so little; detail beyond so many usual ones is drawn in.
KNOWN, LIMIT = 0.3, 5.0
#: Reach of what is usual, texels; its least, sRGB.
EVEN, LEAST = 4.0, 0.008
EXPORT_EVERY, LOG_EVERY = 300, 50
WEIGHTS, STATE, DRAWN = "repaint.safetensors", "repaint.state.safetensors", "completions"


def picture(found: Completions, i: int) -> tuple[Tensor, ...]:
    """truth, made, colour (1,3,S,S), known, confidence (1,1,S,S) and style (1,) of completion i."""
    parts = (getattr(found, name)[i] for name in ("truth", "made", "colour", "known", "confidence"))
    five = [torch.from_numpy(part).float()[None] / 255 for part in parts]
    return *five[:3], five[3][:, None], five[4][:, None], torch.tensor([int(found.style[i])])


def target(truth: Tensor, made: Tensor, colour: Tensor, known: Tensor, confidence: Tensor) -> tuple[Tensor, ...]:
    """Detail that the completion lacks (1,3,S,S), sRGB: all of it, and what was seen of it; and how surely each is
    known."""
    sure = how_sure(confidence)
    everywhere = torch.maximum(known * (known > KNOWN), sure)
    lacks = fine(torch.where(known > sure, truth, colour) - made, everywhere)
    return lacks, fine(colour - made, sure), known * (known > KNOWN), sure


def usual_detail(found: Completions, every: int = 2) -> Tensor:
    """(1,S,S) standard deviation of what photographed people's completions lack at each place, symmetric, smooth."""
    size = found.known.shape[-1]
    power, weight = torch.zeros(1, 1, size, size), torch.full((1, 1, size, size), 1e-3)
    for i in np.flatnonzero(found.style == 0)[::every]:
        *parts, _ = picture(found, i)
        lacks, _, known, _ = target(*parts)
        power += lacks.square().mean(1, keepdim=True) * known
        weight += known
    power, weight = (blurred(one + one.flip(-1), EVEN) for one in (power, weight))
    mean = power.sum() / weight.sum()
    return ((power + mean) / (weight + 1)).sqrt().clamp(min=LEAST)[0]


class Squares:
    """Batch number n of a seed is the same whenever it is drawn."""

    def __init__(self, found: Completions, geometry: Tensor, usual: Tensor, seed: int) -> None:
        self.found, self.geometry, self.usual, self.seed = found, geometry, usual, seed

    def batch(self, number: int, count: int) -> tuple[Tensor, ...]:
        """detail (B,3,P,P) in units, conditions (B,C,P,P), weight (B,1,P,P) and style (B,) of B = count squares."""
        random = np.random.default_rng([self.seed, number])
        drawn = [self.squares(random) for _ in range(count // SQUARES)]
        return tuple(torch.cat(parts) for parts in zip(*drawn, strict=True))

    def squares(self, random: np.random.Generator) -> tuple[Tensor, ...]:
        *parts, style = picture(self.found, int(random.integers(len(self.found))))
        if random.random() < 0.5:
            parts = [part.flip(-1) for part in parts]
        lacks, seen, known, sure = target(*parts)
        units = to_units(lacks, self.usual)
        units = units / (1 + (units / LIMIT) ** 4) ** 0.25
        told = conditions(parts[1], to_units(seen, self.usual), sure, self.geometry, self.usual)
        rows = torch.nonzero(known[0, 0, ::8, ::8] > KNOWN)
        shift = int(random.integers(0, known.shape[-1]))  # squares lie across the atlas's edge, too
        whole = torch.roll(torch.cat([units, told, known], 1), shift, -1)
        cut = []
        for _ in range(SQUARES):
            row, column = rows[int(random.integers(len(rows)))] * 8 if len(rows) else (128, 128)
            top, left = (int(v) - SQUARE // 2 + int(random.integers(-24, 25)) for v in (row, column + shift))
            top = min(max(top, 0), known.shape[-2] - SQUARE)
            cut.append(torch.roll(whole, -left, -1)[:, :, top : top + SQUARE, :SQUARE])
        cut = torch.cat(cut)
        return cut[:, :3], cut[:, 3:-1], cut[:, -1:], style.expand(SQUARES)


def loss_of(network: Denoiser, batch: tuple[Tensor, ...], random: torch.Generator) -> Tensor:
    """Squared error of the velocity where the truth is known; 1 where nothing is learnt."""
    detail, told, weight, style = batch
    time = torch.randint(0, TIMES, (len(detail),), generator=random).to(detail.device)
    noise = draw_noise(detail.shape, random).to(detail.device)
    kept = network.kept[time][:, None, None, None]
    noisy = kept.sqrt() * detail + (1 - kept).sqrt() * noise
    clean = network(noisy, told, time, style)
    wrong = (clean.float() - detail).square() / (1 - kept).clamp(min=1e-3)
    return (wrong * weight).sum() / (3 * weight.sum().clamp(min=1))


def train(arguments: argparse.Namespace) -> None:
    torch.manual_seed(arguments.seed)
    folder, output = arguments.output / DRAWN, arguments.output
    networks = untrained(output)
    if arguments.draw:
        samples = load_samples(arguments.faces, arguments.hub, output, arguments.seed + 5)
        draw_completions(samples, networks.completer, arguments.draw, folder)
    found = Completions.load(folder)
    usual = usual_detail(found)
    squares = Squares(found, networks.geometry, usual, arguments.seed)
    network = Denoiser(CHANNELS_TOLD).to(arguments.device, memory_format=torch.channels_last)
    average = copy.deepcopy(network)
    parameters, kept = list(network.parameters()), [p.data for p in average.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=RATE, betas=(0.9, 0.99), weight_decay=1e-2)
    state = output / STATE
    begin = load_state(state, parameters, kept, optimiser) if state.is_file() else 0
    log, saved, told = open(output / "repaint.log", "a"), time.monotonic(), []
    for step in range(begin, arguments.steps):
        rate = RATE * min(1, (step + 1) / WARM) * (0.03 + 0.485 * (1 + math.cos(math.pi * step / arguments.schedule)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        random = torch.Generator().manual_seed(arguments.seed + 7919 * (step + 1))
        batch = tuple(part.to(arguments.device) for part in squares.batch(step, arguments.count))
        with torch.autocast(arguments.device, torch.bfloat16):
            loss = loss_of(network, batch, random)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, CLIP)
        optimiser.step()
        with torch.no_grad():
            for one, new in zip(kept, parameters, strict=True):
                one.lerp_(new, 1 - min(AVERAGE, (step + 1) / (step + 11)))
        told.append(float(loss.detach()))
        if (step + 1) % LOG_EVERY == 0:
            print(step + 1, f"{sum(told) / len(told):.4f}", file=log, flush=True)
            told = []
        if time.monotonic() - saved > EXPORT_EVERY or step + 1 == arguments.steps:
            save_half(average.state_dict() | {"usual": usual}, output / WEIGHTS)
            save_state(state, step + 1, parameters, kept, optimiser)
            saved = time.monotonic()


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m backend.lab train repaint",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--faces", type=Path, required=True, help="folder of faces build")
    parser.add_argument("--hub", type=Path, required=True, help="folder of TexHub builds of other faces each")
    parser.add_argument("--output", type=Path, required=True, help="folder of train stage1; found weights go on")
    parser.add_argument("--draw", type=int, default=4000, help="completions to learn from (default 4000); 0: as many")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--schedule", type=int, help="steps over which the rate falls (default: as many)")
    parser.add_argument("--count", type=int, default=16, help=f"squares a step, {SQUARES} of a picture (default 16)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", choices=("cpu", "cuda"))
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default 1)")
    arguments = parser.parse_args(argv)
    arguments.schedule = arguments.schedule or arguments.steps
    torch.set_num_threads(arguments.threads)
    arguments.output.mkdir(parents=True, exist_ok=True)
    train(arguments)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
