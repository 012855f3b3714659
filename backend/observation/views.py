"""Several portraits of one head: the first leads, the others show what it does not show well, in its tone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..head.register import Registration
from ..imaging.sample import sample, to_linear, to_srgb
from .beard import join_beards
from .hair import find_hair, hair_evidence
from .observe import Observation
from .relight import TAKEN, relighting
from .tone import fade_from

#: Confidence from which a texel tells the tone of a portrait; so many must be seen by both to compare them there.
SURE, ENOUGH = 0.3, 400
#: Most that a channel's gain, and the low frequencies' ratio, may be either way.
GAIN, RATIO = 4.0, 2.5
#: How far the first one's light fades into the others, as shares of the atlas: the shorter the truer (0.03 instead of
#: 0.12 gives 0.2 dB on rendered portraits), the longer the softer; and how far generated skin follows the others.
REACH, FOLLOWED = (0.015, 0.05), (0.015,)
#: How decidedly the better of two further portraits is taken: a mean of two that lie a little apart is blurred.
DECIDED = 4


@dataclass(frozen=True)
class View:
    """One portrait registered to the head. first: what the first portrait shows, None for that one itself. gains: found
    already, by light, with the atlas that they were found for."""

    registration: Registration
    observation: Observation
    first: Observation | None = None
    gains: dict[str, tuple[np.ndarray, np.ndarray | None]] = field(default_factory=dict, repr=False, compare=False)

    def gain(self, generated: np.ndarray, light: str) -> np.ndarray | None:
        """(S,S,3) what the portrait's linear light is multiplied by, per atlas texel; None to leave it.

        A further portrait comes without its light, for two lights on one head would show. Beside the first it takes on
        what that one keeps of its own, as generated skin does.

        Args:
            generated: (a,a,3) sRGB atlas of the three stages. light: a name of options.LIGHT.
        """
        made, gain = self.gains.get(light, (None, None))
        if made is not generated:  # a texture of several tiles asks often
            gain = self._find_gain(generated, light)
            self.gains[light] = generated, gain
        return gain

    def trust(self, shade: np.ndarray, light: str) -> np.ndarray:
        """(…,) 0..1 of pixels by their shade: where it is deep it speaks against one whose light is taken out."""
        return self.observation.light.trust(shade) ** (TAKEN[light] if self.first is None else 1)

    def _find_gain(self, generated: np.ndarray, light: str) -> np.ndarray | None:
        if self.first is None:
            return relighting(self.observation, generated, light)
        bare = relighting(self.observation, generated, "remove")
        wanted, has = (_lit(self.first, relighting(self.first, generated, light)), _lit(self.observation, bare))
        apart = np.clip(np.log((wanted + 0.01) / (has + 0.01)), -np.log(RATIO), np.log(RATIO))
        both = np.minimum(self.first.confidence, self.observation.confidence)
        weight = np.clip(both / SURE, 0, 1).astype(np.float32)
        return bare * np.exp(fade_from(apart * (weight > 0.05)[..., None], weight, REACH)[0])


def share_out(confidences: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Shares (…,) of several portraits in each texel: what the first leaves, the better of the others takes."""
    first, *others = confidences
    if not others:
        return [first]
    powers = [confidence**DECIDED for confidence in others]
    left = (1 - first) * np.maximum.reduce(others) / np.maximum(np.sum(powers, 0), 1e-9)
    return [first, *(left * power for power in powers)]


def further_view(first: Observation, registration: Registration, observation: Observation) -> View:
    """A further portrait, its exposure and white balance brought to the first one's.

    Both are compared without their light, on texels that both see: one gain per channel, the median's.
    """
    own, other = to_linear(first.unlit), to_linear(observation.unlit)
    skin = 1 - first.scalp
    both = np.minimum(first.confidence, observation.confidence) * skin > SURE
    if both.sum() >= ENOUGH:
        ratio = np.median(np.log(own[both] + 0.01) - np.log(other[both] + 0.01), axis=0)
    else:  # they hardly overlap: then their skins are alike on the whole
        seen = (
            np.median(linear[view.confidence * skin > SURE], axis=0)
            for linear, view in ((own, first), (other, observation))
            if (view.confidence * skin > SURE).any()
        )
        values = list(seen)
        ratio = np.log(values[0] + 0.01) - np.log(values[1] + 0.01) if len(values) == 2 else np.zeros(3)
    gain = np.clip(np.exp(ratio), 1 / GAIN, GAIN).astype(np.float32)
    balanced = replace(
        observation,
        portrait=_times(observation.portrait, gain),
        low=_times(observation.low, gain),
        unlit=_times(observation.unlit, gain),
    )
    return View(registration, balanced, first)


def fuse(first: Observation, further: Sequence[View]) -> Observation:
    """The first portrait's observation with the networks' evidence, and the hair, of all of them."""
    if not further:
        return first
    views = [first, *(view.observation for view in further)]
    shares = share_out([view.confidence for view in views])
    confidence = np.sum(shares, 0).astype(np.float32)
    mean = np.maximum(confidence, 1e-6)
    unlit = sum(view.unlit * share[..., None] for view, share in zip(views, shares, strict=True)) / mean[..., None]
    unlit = np.where((confidence > 1e-6)[..., None], unlit, first.unlit).astype(np.float32)
    hairy = sum(view.hairy * share for view, share in zip(views, shares, strict=True)) / mean
    worn = next((view.hair.colour for view in views if view.hair is not None and not view.hair.bare), None)
    hair = find_hair(unlit, confidence, hairy, first.scalp, worn, first.bare or (worn is None and first.cloth))
    beard = join_beards([view.beard for view in views], shares, unlit, confidence)
    return replace(first, evidence=hair_evidence(unlit, confidence, hair), hair=hair, beard=beard)


def _lit(seen: Observation, gain: np.ndarray | None) -> np.ndarray:
    """(S,S,3) linear light of a portrait in the atlas."""
    linear = to_linear(sample(seen.low, seen.places))
    return linear if gain is None else np.clip(linear * gain, 0, 1)


def _times(srgb: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """(…,3) sRGB times (3,) in linear light."""
    return to_srgb(np.clip(to_linear(srgb) * gain, 0, 1))
