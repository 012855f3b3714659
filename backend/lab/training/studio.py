"""train studio: the network that takes out the light that nine numbers leave: cast shadows, highlights, coloured lamps.

    python -m backend.lab train studio --data DATA --faces runs/faces --hub runs/hub --experts runs/train \
        --output runs/studio --steps 3000

Evenly lit skins in the atlas, painted ones and those of people, are lit anew on heads that are not their own
(studio_light.py), seen through a person's or a view's mask, and cleared of smooth light as a job does it, with priors
that never saw them. Kill it and call it again: STATE holds weights, their average, the optimiser and the step.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from ...imaging.sample import to_linear, to_srgb
from ...networks.sizes import CANVAS
from ...prior.experts import Experts
from ...prior.light import UPRIGHT, estimate_light
from ...prior.studio import MIRRORED, channels_of
from ..faces.observing import scalp_of
from ..networks.studio import Studio
from .augment import Geometry, shifted, tone_of
from .checkpoints import save_half
from .descent import Descent, Means, Pace, begin, parser_for
from .experts import load_experts
from .folds import FOLDS, Textures, load_geometry
from .people import Person, load_people
from .samples import stacked
from .studio_heads import LitHead, load_heads
from .studio_light import draw_lit

PACE = Pace(rate=1.5e-3, warm=50, last=0.05, average=0.995)
#: Shares of samples that are people; that take another tone; how far the head that is known bends from the lit one.
PEOPLE, TONE, BENT = 0.5, 0.5, 0.006
#: Error of sRGB up to which the loss is not yet a straight line; weight of the network's word on its error; of
#: texels that light had changed; power of sRGB.
SOFT, SURE, CHANGED, GAMMA = 0.004, 0.02, 0.5, 1 / 2.2
#: Shares of light lost and gained by which a texel counts as changed, and gained up to which it tells the tone.
CAST, GLOSS, SHEEN = 0.25, 0.06, 0.3
EXPORT_EVERY = 300.0  # seconds
WEIGHTS, STATE = "studio.safetensors", "studio.state.safetensors"


@dataclass
class Batch:
    """told: (B,CHANNELS,S,S). unlit, truth: (B,3,S,S) linear, the latter exposed as the first. weight: (B,1,S,S)."""

    told: Tensor
    unlit: Tensor
    truth: Tensor
    weight: Tensor

    def mirrored(self) -> Batch:
        sign = torch.from_numpy(MIRRORED).to(self.told.device)
        return Batch(self.told.flip(-1) * sign, *(one.flip(-1) for one in (self.unlit, self.truth, self.weight)))


class Samples:
    """Sample number n of a seed is the same whoever draws it and when: a stopped training goes on as if it was not."""

    def __init__(
        self,
        people: list[Person],
        skins: list[list[tuple]],
        experts: list[Experts],
        heads: list[LitHead],
        geometry: Geometry,
        seed: int,
    ) -> None:
        self.people, self.skins, self.heads, self.seed = people, skins, heads, seed
        self.priors = [one.joined for one in experts]
        self.scalp = scalp_of(geometry.positions[::2, ::2])
        weight = np.array([person.weight for person in people])
        self.chance = weight / weight.sum()

    def batch(self, number: int, count: int) -> Batch:
        drawn = [self.sample(number * count + i) for i in range(count)]
        return Batch(*(stacked([one[k] for one in drawn]) for k in range(4)))

    def sample(self, number: int) -> tuple[np.ndarray, ...]:
        """The fields of a Batch for one picture, (S,S,…)."""
        random = np.random.default_rng([self.seed, number])
        person = self.people[int(random.choice(len(self.people), p=self.chance))]
        shown = small(person.shown) / 255
        if random.random() < PEOPLE:
            truth, known, fold = small(person.unlit) / 255, small(person.confidence) / 255, person.fold
            shown = np.minimum(shown, np.sqrt(known))
        else:
            fold = int(random.integers(FOLDS))
            truth, known, masks = self.skins[fold][int(random.integers(len(self.skins[fold])))]
            truth = truth.astype(np.float32) / 255
            shown = (
                shown if random.random() < 0.6 else masks[int(random.integers(3))].astype(np.float32) / 255
            ) * known
        if random.random() < TONE:
            truth = tone_of(random)(truth)
        return self.lit(np.ascontiguousarray(truth), known, np.ascontiguousarray(shown), fold, random)

    def lit(
        self, truth: np.ndarray, known: np.ndarray, shown: np.ndarray, fold: int, random: np.random.Generator
    ) -> tuple[np.ndarray, ...]:
        """A skin (S,S,3) sRGB, known and shown (S,S) 0..1, under a light."""
        head, worn = (self.heads[int(random.integers(len(self.heads)))] for _ in range(2))
        turn = rotation(random.normal(0, 16), random.normal(0, 6))
        light = draw_lit(head, turn[2], shown, random)
        albedo = to_linear(truth)
        lit = to_srgb(light.seen(albedo, random))
        lit = lit + random.uniform(0, 0.012) * random.standard_normal(lit.shape, np.float32)
        lit, known_, truth_, cast, gloss = shifted(
            (lit, known, truth, light.cast, light.gloss.mean(2)), random, BENT * random.random()
        )
        lit = np.clip(lit, 0, 1).astype(np.float32)
        shown = shown * worn.covered
        normals = worn.normals @ turn.T.astype(np.float32)
        found = estimate_light(lit, normals, shown * (1 - self.scalp), self.priors[fold], UPRIGHT)
        shade = found.shade(normals)
        unlit = to_linear(lit) / shade[..., None]
        albedo = to_linear(truth_)
        # the tone stays what smooth light left: a sheen over all of the face, or one lamp's colour, is no shadow
        plain = (cast < CAST) & (gloss < SHEEN * albedo.mean(2)) & (shown > 0.3)
        plain = plain if plain.sum() > 200 else shown > 0.3
        level = np.median(np.log((unlit[plain] + 1e-3) / (albedo[plain] + 1e-3)), axis=0) if plain.any() else 0.0
        changed = np.clip((cast - 0.1) / CAST, 0, 1) + np.clip(gloss / (GLOSS * albedo.mean(2) + 0.01) - 0.5, 0, 1)
        weight = shown * known_ * (1 + CHANGED * np.clip(changed, 0, 1))
        told = channels_of(unlit, shown, shade, normals, found.skin).transpose(1, 2, 0)
        return told, unlit, albedo * np.float32(np.exp(level)), weight.astype(np.float32)


def rotation(yaw: float, pitch: float) -> np.ndarray:
    """(3,3) face axes to those of a viewer who sees the face turned by degrees."""
    y, p = np.radians([yaw, pitch])
    turn = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    return np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]]) @ turn


def loss_of(network: Studio, batch: Batch) -> tuple[Tensor, dict]:
    gain, said = network(batch.told)
    made, truth, start = (one.clamp(1e-3, 1.2) ** GAMMA for one in (batch.unlit * gain.exp(), batch.truth, batch.unlit))
    squared, before = (made - truth).square().mean(1, True), (start - truth).square().mean(1, True)
    total = batch.weight.sum((1, 2, 3)).clamp(min=1)

    def mean(values: Tensor) -> Tensor:
        return (values * batch.weight).sum((1, 2, 3)) / total

    error = mean((squared + SOFT**2).sqrt() - SOFT)
    said = said.clamp(-12, 0)
    sure = mean(said + squared.detach() / said.exp())
    terms = {"error": error, "squared": mean(squared) * 1e4, "before": mean(before) * 1e4, "sure": sure}
    loss = (10 * error + SURE * sure).mean()
    return loss, {name: float(value.detach().mean()) for name, value in terms.items()}


def small(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture.astype(np.float32), (CANVAS, CANVAS), interpolation=cv2.INTER_AREA)


def load_skins(build: Path) -> list[tuple]:
    """Photographic textures of a TexHub build: (S,S,3) uint8 sRGB, (S,S) where they are data, (3,S,S) uint8 masks."""
    textures = Textures.load(build)
    found = []
    for i in np.flatnonzero(np.array(textures.painted) == "photo"):
        texture, valid = textures.texture(i)
        masks = np.array([np.rint(small(textures.mask(i, view)) * 255) for view in range(3)], np.uint8)
        found.append((np.rint(small(texture) * 255).astype(np.uint8), (small(valid) > 0.99).astype(np.float32), masks))
    return found


def load_samples(arguments: argparse.Namespace, split: str = "train") -> Samples:
    return Samples(
        load_people(arguments.faces, split),
        [load_skins(arguments.hub / f"fold{k}") for k in range(FOLDS)],
        [load_experts(arguments.experts / f"experts{k}.safetensors") for k in range(FOLDS)],
        load_heads(arguments.data, arguments.output / "heads.npz"),
        load_geometry(arguments.hub),
        arguments.seed,
    )


def train(arguments: argparse.Namespace) -> None:
    cv2.setNumThreads(1)
    samples = load_samples(arguments)
    network = Studio().to(arguments.device, memory_format=torch.channels_last)
    pace = PACE.with_rate(arguments.rate)
    descent = Descent(network, pace, arguments.output / STATE, arguments.output / WEIGHTS)
    log, saved, first = Means(arguments.output / "studio.log"), time.monotonic(), descent.steps
    for drawn in map(partial(samples.batch, count=arguments.count), range(first // 2, arguments.steps // 2)):
        batch = Batch(*(one.to(arguments.device) for one in vars(drawn).values()))
        for either in (batch, batch.mirrored()):  # drawing one takes as long as learning from it
            loss, terms = loss_of(network, either)
            descent.step(loss, pace.at(descent.steps, arguments.schedule))
            log.add(descent.steps, terms)
        if time.monotonic() - saved > EXPORT_EVERY or descent.steps == arguments.steps:
            save_half(descent.average.state_dict(), arguments.output / WEIGHTS)
            descent.save()
            saved = time.monotonic()


def main(argv: list[str] | None = None) -> int:
    parser = parser_for("studio", __doc__, steps=3000, count=8, counted="pictures a step, each learnt from twice")
    parser.add_argument("--data", type=Path, required=True, help="folder of heads, laid out as shared/data")
    parser.add_argument("--experts", type=Path, required=True, help="folder of train people, with the folds' experts")
    train(begin(parser, argv))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
