"""What stage 1 learns from, drawn at random: a texture or a person, of which a part is shown and the rest is the truth.

Half are painted skins, known everywhere: scalp, ears and neck are learnt from them. Half are people, of whom only what
the portrait showed is known: a part of that is hidden. Both start from the completion of experts that never saw them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from ...head.facial_regions import FacialRegions
from ...head.scalp import scalp_share
from ...imaging.sample import to_linear, to_srgb
from ...networks.conditions import STYLES
from ...prior.experts import Experts
from ...styles import paint
from ..texhub.drawn_styles import NETWORK_STYLE, draw_style
from .augment import SHAPE, Geometry, seen_texture, shifted, tone_of
from .folds import Textures
from .hiding import hide
from .people import FOLDS, Person

#: Shares of samples that are people; of people whose light is estimated from what stays; of those painted in a style;
#: of skins under a person's mask, and of those masks that hide some more; of pictures that take another tone, that are
#: bent to another face's shape.
PEOPLE, DIVIDED, PAINTED, MASKS, HIDDEN, TONE, BENT = 0.5, 0.7, 0.3, 0.5, 0.4, 0.4, 0.5
#: Leftover light on what a person shows, beside what is hidden: deviations of its harmonics.
LIGHT = np.array([0.03, 0.04, 0.03, 0.02, 0.02, 0.01, 0.02, 0.01, 0.01])


@dataclass
class Batch:
    """truth, colour, start: (B,3,S,S) sRGB. hidden, seen, confidence: (B,1,S,S): how surely the truth is known where it
    was hidden and where it was shown, and what is shown. style: (B,)."""

    truth: Tensor
    colour: Tensor
    start: Tensor
    hidden: Tensor
    seen: Tensor
    confidence: Tensor
    style: Tensor

    def to(self, device: str) -> Batch:
        return Batch(*(getattr(self, one.name).to(device, non_blocking=True) for one in fields(self)))


class Samples:
    """Sample number n of a seed is the same whoever draws it and when: a stopped training goes on as if it was not."""

    def __init__(
        self,
        people: list[Person],
        textures: list[Textures],
        experts: list[Experts],
        geometry: Geometry,
        regions: FacialRegions,
        seed: int,
        painted: float = PAINTED,
    ) -> None:
        self.painted = painted  # share of people
        self.people, self.textures, self.experts = people, textures, experts
        self.geometry, self.regions, self.seed = geometry, regions, seed
        self.scalp = scalp_share(geometry.positions) * geometry.covered
        weight = np.array([person.weight for person in people])
        self.chance = weight / weight.sum()
        self._shares: dict[str, float] = {}

    def batch(self, number: int, count: int) -> Batch:
        drawn = [self.sample(number * count + i) for i in range(count)]
        pictures = (stacked([one[k] for one in drawn]) for k in range(6))
        return Batch(*pictures, torch.tensor([STYLES.index(one[6]) for one in drawn]))

    def sample(self, number: int) -> tuple:
        """The fields of a Batch for one picture, (S,S,3) and (S,S), and the style's name."""
        random = np.random.default_rng([self.seed, number])
        made = self.person(random) if random.random() < PEOPLE else self.skin(random)
        if random.random() < 0.5:
            made = (*(np.ascontiguousarray(part[:, ::-1]) for part in made[:6]), made[6])
        return made

    def drawn(self, random: np.random.Generator) -> Person:
        return self.people[int(random.choice(len(self.people), p=self.chance))]

    def person(self, random: np.random.Generator) -> tuple:
        person = self.drawn(random)
        experts = self.experts[person.fold]
        truth, known, _ = person.pictures()
        stays = hide(known, random)
        if random.random() < DIVIDED:
            truth, known, _ = person.divided(stays, self.scalp, experts.joined)
        if random.random() < TONE:
            truth = tone_of(random)(truth)
        style = "photo"
        if random.random() < self.painted:
            name, parameters = draw_style(random)
            truth, style = paint(name, truth, self.regions, parameters), NETWORK_STYLE[name]
        if random.random() < BENT:
            truth, known, stays = shifted((truth, known, stays), random, SHAPE)
        confidence = known * stays
        colour = to_srgb(to_linear(truth) * light(self.geometry, random))
        colour = np.clip(colour + 0.006 * random.standard_normal(colour.shape, np.float32), 0, 1)
        if person.key not in self._shares:  # of the whole person, once: 2 fits a sample instead of 6
            self._shares[person.key] = experts.evidence(*person.pictures()[:2])
        start = experts.complete(colour, confidence, self._shares[person.key])
        return truth, colour, start, known * (1 - stays), known * stays, confidence, style

    def skin(self, random: np.random.Generator) -> tuple:
        fold = int(random.integers(FOLDS))
        textures, experts = self.textures[fold], self.experts[fold]
        i = int(random.integers(len(textures)))
        truth, valid = textures.texture(i)
        if random.random() < TONE:
            truth = tone_of(random)(truth)
        if random.random() < BENT:
            truth, valid = shifted((truth, valid), random, SHAPE)
        valid = (valid > 0.99).astype(np.float32)
        if random.random() < MASKS:
            mask = self.drawn(random).pictures()[1]
        else:
            mask = textures.mask(int(random.integers(len(textures))), int(random.integers(3)))
        if random.random() < HIDDEN:
            mask = mask * hide(mask, random)
        mask = (mask * valid).astype(np.float32)
        truth = np.ascontiguousarray(np.clip(truth, 0, 1), np.float32)
        colour, confidence = seen_texture(truth, mask, self.geometry, random)
        start = experts.complete(colour, confidence, random.choice([0.0, 0.0, random.random()]))
        return truth, colour, start, valid * (1 - mask), valid * mask, confidence, STYLES[textures.styles[i]]


def light(geometry: Geometry, random: np.random.Generator) -> np.ndarray:
    """(S,S,1) a faint smooth light, as an estimate that is a little off leaves it."""
    drawn = np.eye(9)[0] + random.normal(0, 1, 9) * LIGHT
    return np.clip(geometry.harmonics @ drawn.astype(np.float32), 0.7, 1.3)[..., None]


def stacked(pictures: list[np.ndarray]) -> Tensor:
    """(B,3,S,S) of pictures (S,S,3), (B,1,S,S) of (S,S)."""
    together = torch.from_numpy(np.stack(pictures).astype(np.float32))
    return together.permute(0, 3, 1, 2).contiguous() if together.ndim == 4 else together[:, None]
