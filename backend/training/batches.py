"""Endless batches: a texture, what a portrait shows of it, and the linear completion of that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..networks.denoiser import STYLES
from ..networks.linear import LinearPrior
from .augment import SHAPE, STYLE_SHARE, Skins, new_identity, seen_texture, shifted, stylise, tone_of
from .portraits import Portraits

#: Shares of samples that are real portraits as they are, and drawn textures under a real portrait's mask and light.
REAL, TRANSPLANTED = 0.5, 0.3


@dataclass(frozen=True)
class Batch:
    """truth, colour, linear, robust: (B,3,S,S) sRGB; robust is the linear completion by the robust fit, if light is
    given. valid, confidence: (B,1,S,S). style: (B,). prior: of all samples."""

    truth: Tensor
    valid: Tensor
    colour: Tensor
    confidence: Tensor
    linear: Tensor
    robust: Tensor
    style: Tensor
    prior: LinearPrior


class Batches:
    """Draws from folds: each is (skins, the linear prior fitted without their faces, portraits of these faces or None).

    A prior that had seen a face completes it far better than it will complete a stranger's; a network that learns on
    such starts learns to leave them alone. Cross-fitting shows it the starts that inference has.
    """

    def __init__(
        self,
        folds: list[tuple[Skins, LinearPrior, Portraits | None]],
        masks: np.ndarray,
        random: np.random.Generator,
        device: str,
        light: np.ndarray | None = None,
    ) -> None:
        self.folds, self.masks, self.random, self.device, self.light = folds, masks, random, device, light
        self.share = np.array([len(skins.textures) for skins, _, _ in folds]) ** 0.5  # by faces and files, in between
        self.share /= self.share.sum()

    def draw(self, count: int) -> Batch:
        """All of one fold: the generator's canvas is that fold's prior."""
        skins, prior, portraits = self.folds[self.random.choice(len(self.folds), p=self.share)]
        return collate([self._one(skins, prior, portraits) for _ in range(count)], prior, self.device)

    def _one(self, skins: Skins, prior: LinearPrior, portraits: Portraits | None):
        kind = self.random.random()
        if portraits is not None and kind < REAL:
            return self._completed(*real(portraits, self.random), prior)
        if portraits is not None and kind < REAL + TRANSPLANTED:
            return self._drawn(skins, prior, *portraits.light(self.random))
        return self._drawn(skins, prior, self.masks[self.random.integers(len(self.masks))], None)

    def _drawn(self, skins: Skins, prior: LinearPrior, mask: np.ndarray, light: np.ndarray | None):
        random = self.random
        texture, valid = new_identity(skins, random)
        style = random.choice(list(STYLE_SHARE), p=list(STYLE_SHARE.values()))
        texture = stylise(texture, style, random).astype(np.float32)
        if random.random() < 0.5:
            mask, light = mask[:, ::-1], None if light is None else light[:, ::-1]
        colour, confidence = seen_texture(texture, (mask * (valid > 0.5)).astype(np.float32), skins, random, light)
        return self._completed(texture, valid, colour, confidence, style, prior)

    def _completed(self, truth, valid, colour, confidence, style, prior: LinearPrior):
        """One sample: (truth, valid, colour, confidence, linear, robust, style index)."""
        linear = prior.complete(colour, confidence)
        robust = linear if self.light is None else prior.complete(colour, confidence, self.light)
        return truth, valid, colour, confidence, linear, robust, STYLES.index(style)


def real(portraits: Portraits, random: np.random.Generator):
    """A real portrait's observation, in another tone, shape and maybe mirrored: truth and what was seen alike."""
    truth, valid, colour, confidence, style = portraits.draw(random)
    tone = tone_of(random)
    truth, colour = tone(truth), tone(colour)
    truth, valid, colour, confidence = shifted((truth, valid, colour, confidence), random, SHAPE)
    valid = (valid > 0.99).astype(np.float32)
    parts = truth, valid, colour, confidence
    if random.random() < 0.5:
        parts = tuple(np.ascontiguousarray(part[:, ::-1]) for part in parts)
    return *parts, style


def collate(samples: list, prior: LinearPrior, device: str) -> Batch:
    def picture(i: int) -> Tensor:
        stacked = torch.from_numpy(np.stack([sample[i] for sample in samples]).astype(np.float32)).to(device)
        return stacked.permute(0, 3, 1, 2).contiguous() if stacked.ndim == 4 else stacked[:, None]

    style = torch.tensor([sample[6] for sample in samples], device=device)
    return Batch(*(picture(i) for i in range(6)), style, prior)
