"""Batches by number: a texture, what a portrait shows of it, and the linear completion of that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from ...networks.conditions import STYLES
from ..pca import complete_alone
from .augment import SHAPE, Geometry, seen_texture, shifted, tone_of
from .folds import Fold

#: Shares of samples that are real portraits as they are, and drawn textures under a real portrait's mask and light.
REAL, TRANSPLANTED = 0.4, 0.3
#: Share of textures that take another tone still: the builder's are spread widely already.
NEW_TONE = 0.3


@dataclass
class Batch:
    """truth, colour, linear: (B,3,S,S) sRGB, the last the linear completion. valid, confidence: (B,1,S,S). style: (B,).
    fold: which prior completed them."""

    truth: Tensor
    valid: Tensor
    colour: Tensor
    confidence: Tensor
    linear: Tensor
    style: Tensor
    fold: int

    def to(self, device: str) -> Batch:
        return Batch(
            *(
                value.to(device, non_blocking=True) if isinstance(value, Tensor) else value
                for value in vars(self).values()
            )
        )


class Batches(Dataset):
    """Batch number n of a seed is the same whoever draws it and when: a killed training goes on as if it was not."""

    def __init__(self, folds: list[Fold], geometry: Geometry, count: int, seed: int) -> None:
        self.folds, self.geometry, self.count, self.seed = folds, geometry, count, seed

    def __getitem__(self, number: int) -> Batch:
        """All of one fold: the generator's canvas is that fold's prior."""
        random = np.random.default_rng([self.seed, number])
        fold = self.folds[int(random.integers(len(self.folds)))]
        samples = [self._one(fold, random) for _ in range(self.count)]
        pictures = (stacked([sample[i] for sample in samples]) for i in range(5))
        return Batch(*pictures, torch.tensor([sample[5] for sample in samples]), fold.number)

    def _one(self, fold: Fold, random: np.random.Generator):
        kind = random.random()
        if fold.portraits is not None and kind < REAL:
            return self._completed(*real(fold, random), fold.prior)
        i = int(random.integers(len(fold.textures)))
        texture, valid = fold.textures.texture(i)
        if random.random() < NEW_TONE:
            texture = tone_of(random)(texture)
        texture, valid = shifted((texture, valid), random, SHAPE)
        valid = (valid > 0.99).astype(np.float32)
        light = None
        if fold.portraits is not None and kind < REAL + TRANSPLANTED:
            mask, light = fold.portraits.light(random)
        else:
            mask = fold.textures.mask(int(random.integers(len(fold.textures))), int(random.integers(3)))
        if random.random() < 0.5:
            texture, valid = texture[:, ::-1], valid[:, ::-1]
        if random.random() < 0.5:
            mask, light = mask[:, ::-1], None if light is None else light[:, ::-1]
        texture = np.ascontiguousarray(np.clip(texture, 0, 1), np.float32)
        colour, confidence = seen_texture(texture, (mask * valid).astype(np.float32), self.geometry, random, light)
        return self._completed(texture, valid, colour, confidence, fold.textures.styles[i], fold.prior)

    def _completed(self, truth, valid, colour, confidence, style, prior):
        return truth, valid, colour, confidence, complete_alone(prior, colour, confidence), int(style)


def real(fold: Fold, random: np.random.Generator):
    """A real portrait's observation, in another tone, shape and maybe mirrored: truth and what was seen alike."""
    truth, valid, colour, confidence, style = fold.portraits.draw(random)
    tone = tone_of(random)
    truth, colour = tone(truth), tone(colour)
    truth, valid, colour, confidence = shifted((truth, valid, colour, confidence), random, SHAPE)
    valid = (valid > 0.99).astype(np.float32)
    parts = truth, valid, colour, confidence
    if random.random() < 0.5:
        parts = tuple(np.ascontiguousarray(part[:, ::-1]) for part in parts)
    return *parts, STYLES.index(style)


def stacked(pictures: list[np.ndarray]) -> Tensor:
    """(B,3,S,S) of pictures (S,S,3), (B,1,S,S) of (S,S)."""
    together = torch.from_numpy(np.stack(pictures).astype(np.float32))
    return together.permute(0, 3, 1, 2).contiguous() if together.ndim == 4 else together[:, None]
