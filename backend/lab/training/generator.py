"""train generator: the texture generator of stage 2 and its encoder, against a discriminator. One page.

    python -m backend.lab train generator --faces runs/faces --hub runs/hub --output runs/train

OUTPUT holds what `train stage1` left there, whose completions are drawn once (completions.py). From a completion the
encoder says a W+, whose texture shall be the truth: by squared error, by what a network sees in it, and by a projected
discriminator (judge.py). The truth is known in part alone, so the discriminator is shown real partial atlases and
textures under the same masks (AmbientGAN, Bora et al., ICLR 2018). Kill it and call it again.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...models.bundle import FILES
from ...networks.conditions import SCALE, STYLES
from ...prior.linear import LinearPrior
from ..networks.generator import Encoder, Generator, projected, upsample
from ..untrained import load_modules, untrained
from .checkpoints import save_half
from .completions import Completions, draw_completions
from .descent import Descent, Means, Pace, begin, low_precision, parser_for
from .judge import Judge, feature_distance, hinge
from .repaint import both
from .stage1 import load_samples

PACE = Pace(rate=4e-4, average=0.997)
JUDGE_PACE = Pace(rate=4e-4, average=0.9, betas=(0.0, 0.99))
#: Weights: of what was seen beside what was hidden, of slopes, of the layers' distance to their normal prior, of what a
#: network sees, of the verdict.
SEEN, SLOPE, PRIOR, PERCEIVED, VERDICT = 0.5, 0.1, 3e-5, 1.0, 0.1
#: Share of pictures that the encoder is given as they are, as far as they are known: inversion.
WHOLE = 0.3
#: Share of the people that are painted: drawings are what stage 2 helps most.
PAINTED = 0.7
#: Texels of the squares that the discriminator looks at.
SQUARE = 128
EXPORT_EVERY = 300.0  # seconds
WEIGHTS, STATE = "generator.safetensors", "generator.state.safetensors"
JUDGE, DRAWN = "critic.state.safetensors", "painted"


class Pair(nn.Module):
    """The generator with its encoder, on the canvas of a model."""

    def __init__(self, generator: Generator, encoder: Encoder, model: LinearPrior) -> None:
        super().__init__()
        self.generator, self.encoder, self.model = generator, encoder, model

    def forward(self, given: Tensor, confidence: Tensor, style: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The texture of a W+ drawn from what the encoder believes, the canvas's, and the belief's distance to its
        prior (Kingma and Welling, arXiv 1312.6114, appendix B)."""
        _, canvas = projected(self.model, given)
        mean, spread = self.encoder(given, confidence, canvas)
        layers = mean + torch.exp(0.5 * spread) * torch.randn_like(mean)
        divergence = 0.5 * (mean.square() + spread.exp() - 1 - spread).sum((1, 2)).mean()
        return self.generator(canvas, layers, self.generator.style(style)), upsample(canvas), divergence

    def export(self, path: Path) -> None:
        states = ((prefix, getattr(self, name).state_dict()) for name, prefix in FILES[WEIGHTS])
        save_half({prefix + key: value.cpu() for prefix, state in states for key, value in state.items()}, path)


def batch_of(found: Completions, number: int, count: int, seed: int) -> tuple[Tensor, ...]:
    """truth, made, colour (B,3,S,S), known, confidence (B,1,S,S) and style (B,); the same whenever it is drawn.

    A style is drawn by the root of how many completions have it: there are few drawings.
    """
    random = np.random.default_rng([seed, number])
    chance = 1 / np.sqrt(np.bincount(found.style, minlength=len(STYLES)).clip(1))[found.style]
    drawn = [found.picture(int(i)) for i in random.choice(len(found), count, p=chance / chance.sum())]
    *parts, style = (torch.cat(several) for several in zip(*drawn, strict=True))
    if random.random() < 0.5:
        parts = [part.flip(-1) for part in parts]
    return *parts, style


def looked_at(batch: tuple[Tensor, ...], texture: Tensor) -> tuple[Tensor, ...]:
    """Real, made and below (B,3,P,P) sRGB and known (B,1,P,P): real and made are the completion where nobody knows."""
    truth, made, _, known, confidence, _ = batch
    known = torch.maximum(known, confidence)
    top, left = (int(torch.randint(0, truth.shape[-1] - SQUARE + 1, ())) for _ in range(2))
    cut = (..., slice(top, top + SQUARE), slice(left, left + SQUARE))
    masked = (made + known * (one - made) for one in (truth, texture))
    return *(one[cut] for one in masked), made[cut], known[cut]


class Trial:
    """One step's losses of the pair, and the discriminator that learns beside it."""

    def __init__(self, pair: Pair, output: Path, device: str) -> None:
        self.pair, self.judge = pair, Judge(device, told=len(STYLES), enlarged=1).to(device)
        self.descent = Descent(self.judge, JUDGE_PACE, output / JUDGE)

    def loss(self, batch: tuple[Tensor, ...]) -> tuple[Tensor, dict[str, float]]:
        truth, made, _, hidden, confidence, style = batch
        everywhere = torch.maximum(hidden, confidence)
        whole = torch.rand(len(truth), 1, 1, 1, device=truth.device) < WHOLE
        given = torch.where(whole, made + everywhere * (truth - made), made)
        texture, canvas, divergence = self.pair(given, torch.where(whole, everywhere, confidence), style)
        terms = {
            "hidden": relative(texture, truth, canvas, hidden),
            "seen": SEEN * relative(texture, truth, canvas, confidence),
            "slope": SLOPE * slopes(texture - truth, everywhere) / SCALE,
            "prior": PRIOR * divergence,
        }
        real, painted, below, known = looked_at(batch, texture)
        told = F.one_hot(style, len(STYLES)).float()
        with torch.no_grad():
            beside, photographed = self.judge.look(below), self.judge.look(real)
        looks = self.judge.look(painted)
        twice = torch.cat([known, known]), torch.cat([told, told])
        pair = both(photographed, [look.detach() for look in looks])
        told_apart = hinge(self.judge(pair, both(beside, beside), *twice), known)
        self.descent.step(told_apart, JUDGE_PACE.rate)
        terms["perceived"] = PERCEIVED * feature_distance(looks, photographed, known)
        terms["verdict"] = -VERDICT * self.judge(looks, beside, known, told).mean()
        values = {name: float(value.detach()) for name, value in terms.items()}
        return sum(terms.values()), {**values, "judge": float(told_apart.detach())}


def relative(texture: Tensor, truth: Tensor, canvas: Tensor, weight: Tensor) -> Tensor:
    """Squared error as a share of the canvas's own, per picture: few pictures far off do not own the loss."""
    total = 3 * weight.sum((1, 2, 3)).clamp(min=1)
    error, start = (((one - truth).square() * weight).sum((1, 2, 3)) / total for one in (texture, canvas))
    return (error / (start + 0.02 * SCALE**2)).mean()


def slopes(wrong: Tensor, known: Tensor) -> Tensor:
    across = (wrong[..., 1:] - wrong[..., :-1]).abs() * known[..., 1:] * known[..., :-1]
    down = (wrong[..., 1:, :] - wrong[..., :-1, :]).abs() * known[..., 1:, :] * known[..., :-1, :]
    return across.mean() + down.mean()


def train(arguments: argparse.Namespace) -> None:
    output, device = arguments.output, arguments.device
    modules = load_modules(output).by_name  # completions are drawn on the processor
    if arguments.draw:
        samples = load_samples(arguments.faces, arguments.hub, output, arguments.seed + 6)
        samples.painted = PAINTED
        draw_completions(samples, modules["completer"], arguments.draw, output / DRAWN)
    found = Completions.load(output / DRAWN)
    pair = Pair(modules["generator"].train(), modules["encoder"].train(), untrained(output).canvas)
    pair = pair.requires_grad_(True).to(device)
    pace = PACE.with_rate(arguments.rate)
    descent, trial = Descent(pair, pace, output / STATE), Trial(pair, output, device)
    log, saved = Means(output / "generator.log"), time.monotonic()
    while descent.goes_on(arguments.steps, arguments.minutes):
        torch.manual_seed(arguments.seed + 7919 * (descent.steps + 1))
        batch = tuple(part.to(device) for part in batch_of(found, descent.steps, arguments.count, arguments.seed))
        with low_precision(device):
            loss, told = trial.loss(batch)
        descent.step(loss, pace.at(descent.steps, arguments.schedule))
        log.add(descent.steps, told)
        if time.monotonic() - saved > EXPORT_EVERY or not descent.goes_on(arguments.steps, arguments.minutes):
            descent.average.export(output / WEIGHTS)
            descent.save()
            trial.descent.save()
            saved = time.monotonic()


def main(argv: list[str] | None = None) -> int:
    parser = parser_for("generator", __doc__, steps=3000, count=8, counted="completions a step")
    parser.add_argument("--draw", type=int, default=2400, help="completions to learn from (default 2400); 0: as many")
    train(begin(parser, argv))
    return 0
