"""Endless batches: a texture, what a portrait shows of it, and the linear completion of that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..networks.denoiser import STYLES
from ..networks.linear import LinearPrior
from .augment import STYLE_SHARE, Skins, new_identity, seen_texture, stylise


@dataclass(frozen=True)
class Batch:
    """truth, colour, linear: (B,3,S,S) sRGB. valid, confidence: (B,1,S,S). coefficients: (B,K). style: (B,)."""

    truth: Tensor
    valid: Tensor
    colour: Tensor
    confidence: Tensor
    linear: Tensor
    coefficients: Tensor
    style: Tensor


class Batches:
    """Draws from folds: each is (skins, the linear prior fitted without their faces).

    A prior that had seen a face completes it far better than it will complete a stranger's; a network that learns on
    such starts learns to leave them alone. Cross-fitting shows it the starts that inference has.
    """

    def __init__(
        self,
        folds: list[tuple[Skins, LinearPrior]],
        masks: np.ndarray,
        random: np.random.Generator,
        device: str,
    ) -> None:
        self.folds, self.masks, self.random, self.device = folds, masks, random, device

    def draw(self, count: int) -> Batch:
        return collate([self._one() for _ in range(count)], self.device)

    def _one(self):
        random = self.random
        skins, prior = self.folds[random.integers(len(self.folds))]
        texture, valid = new_identity(skins, random)
        style = random.choice(list(STYLE_SHARE), p=list(STYLE_SHARE.values()))
        texture = stylise(texture, style, random).astype(np.float32)
        mask = self.masks[random.integers(len(self.masks))]
        mask = mask[:, ::-1] if random.random() < 0.5 else mask
        return observed(texture, valid, mask * (valid > 0.5), style, prior, skins, random)


def observed(texture, valid, mask, style, prior: LinearPrior, skins: Skins, random: np.random.Generator):
    """One sample: (truth, valid, colour, confidence, linear, coefficients, style index)."""
    colour, confidence = seen_texture(texture, mask.astype(np.float32), skins, random)
    coefficients = prior.fit_coefficients(colour, confidence)
    linear = prior.complete(colour, confidence, coefficients)
    return texture, valid, colour, confidence, linear, coefficients / prior.deviation, STYLES.index(style)


def collate(samples: list, device: str) -> Batch:
    def picture(i: int) -> Tensor:
        stacked = torch.from_numpy(np.stack([sample[i] for sample in samples]).astype(np.float32)).to(device)
        return stacked.permute(0, 3, 1, 2).contiguous() if stacked.ndim == 4 else stacked[:, None]

    coefficients = torch.from_numpy(np.stack([sample[5] for sample in samples]).astype(np.float32)).to(device)
    style = torch.tensor([sample[6] for sample in samples], device=device)
    return Batch(picture(0), picture(1), picture(2), picture(3), picture(4), coefficients, style)
