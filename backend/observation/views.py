"""Several portraits of one head: the first leads, the others show what it does not show well, in its tone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from ..head.atlas import to_atlas
from ..head.register import Registration
from ..imaging.sample import sample, sample_atlas, to_linear, to_srgb
from .hair import hair_evidence
from .observe import Observation, find_tone, pixel_confidence
from .relight import TAKEN, relighting, relit
from .tone import TONE_REACH, fade_from

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
            generated: (a,a,3) sRGB atlas of the three stages. light: a name of messages.LIGHTS.
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
        seen = (np.median(linear[view.confidence * skin > SURE], axis=0) for linear, view in (
            (own, first), (other, observation)) if (view.confidence * skin > SURE).any())
        values = list(seen)
        ratio = np.log(values[0] + 0.01) - np.log(values[1] + 0.01) if len(values) == 2 else np.zeros(3)
    gain = np.clip(np.exp(ratio), 1 / GAIN, GAIN).astype(np.float32)
    balanced = replace(
        observation, portrait=_times(observation.portrait, gain), low=_times(observation.low, gain),
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
    hair = find_tone(unlit, confidence, hairy, first.scalp, first.bare)
    return replace(first, evidence=hair_evidence(unlit, confidence, hair), hair=hair)


@dataclass(frozen=True)
class Photographed:
    """What the portraits give n texels, in two bands: what an atlas texel of the networks holds, and what is finer.

    shares: (n,) per portrait. share: (n,) of all. low, high: (n,3) sRGB times their shares. high_share: (n,).
    mirrored: (n,) share of the other side, where this one was not seen. mirrored_high: (n,3) its high band.
    own: (n,3) the first portrait's pixels.
    """

    shares: list[np.ndarray]
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray
    high_share: np.ndarray
    mirrored: np.ndarray
    mirrored_high: np.ndarray
    own: np.ndarray

    @property
    def first(self) -> np.ndarray:
        return self.shares[0]

    def given(self, where: np.ndarray, weight: np.ndarray | None = None) -> tuple[float, ...]:
        """Mean share of each portrait in the texels of the (n,) mask, times (n,) weights."""
        if not where.any():
            return (0.0,) * len(self.shares)
        return tuple(float((share if weight is None else share * weight)[where].mean()) for share in self.shares)


def photographed(
    views: Sequence[View], points: np.ndarray, normals: np.ndarray, place: np.ndarray, generated: np.ndarray,
    light: str, free: np.ndarray,
) -> Photographed:
    """Look up texels in the portraits.

    Args:
        points, normals, place: (n,3) in mesh axes, and canonical. generated: (a,a,3) sRGB atlas of the three stages.
        light: a name of messages.LIGHTS. free: (n,) 0 or 1, texels that may come from portraits.
    """
    atlas = to_atlas(place)
    flipped = np.stack([1 - atlas[:, 0], atlas[:, 1]], -1)
    found = [_confidence(view, points, normals, place, light, free) for view in views]
    shares = share_out([confidence for _, confidence in found])
    high_shares = share_out([np.clip(1.5 * confidence, 0, 1) for _, confidence in found])
    share = sum(shares)
    mirrors = [_mirrored(view.observation, flipped) for view in views]
    mirror_shares = [part * (1 - share) * free for part in share_out([sure for sure, _ in mirrors])]
    mirrored = sum(mirror_shares)
    low, high, mirrored_high = (np.zeros((len(points), 3), np.float32) for _ in range(3))
    own = None
    for view, (pixels, _), part, high_part, (_, places), mirror in zip(
        views, found, shares, high_shares, mirrors, mirror_shares, strict=True,
    ):
        seen = view.observation
        photo, photo_low = sample(seen.portrait, pixels, cv2.INTER_CUBIC), sample(seen.low, pixels)
        gain = view.gain(generated, light)
        if gain is not None:
            here = sample_atlas(gain, atlas)
            photo, photo_low = relit(photo, here), relit(photo_low, here)
        own = photo if own is None else own
        low += photo_low * part[:, None]
        high += (photo - photo_low) * high_part[:, None]
        fine = sample(seen.portrait, places, cv2.INTER_CUBIC) - sample(seen.low, places)
        mirrored_high += fine * (mirror / np.maximum(mirrored, 1e-6))[:, None]
    return Photographed(shares, share, low, high, sum(high_shares), mirrored, mirrored_high, own)


def tone_beside(views: Sequence[View], generated: np.ndarray, made: np.ndarray, light: str) -> np.ndarray:
    """(a,a,3) what to add to generated skin so that it meets the lit portraits without an edge, fading with
    distance.

    Args:
        generated: (a,a,3) sRGB without light. made: the same as exposed() has it. light: a name of messages.LIGHTS.
    """
    size = generated.shape[0]
    tone, lit, total = np.zeros_like(generated), 0, 0
    seen = [view.observation for view in views]
    shares = share_out([
        full(one.confidence / one.light.trust(one.shade) * view.trust(one.shade, light))
        for one, view in zip(seen, views, strict=True)
    ])
    for view, share in zip(views, shares, strict=True):
        low, gain = sample(view.observation.low, view.observation.places), view.gain(generated, light)
        low = low if gain is None else relit(low, gain)
        lit = lit + cv2.resize(low * share[..., None], (size, size), interpolation=cv2.INTER_AREA)
        total = total + cv2.resize(share, (size, size), interpolation=cv2.INTER_AREA)
        if view is views[0] or view is views[-1]:  # what the others add to the first one's needs to meet them only
            apart = lit / np.maximum(total, 1e-3)[..., None] - made - tone
            reaches = TONE_REACH if view is views[0] else FOLLOWED
            tone = tone + fade_from(apart * (total > 0.05)[..., None], total, reaches)[0]
    return tone


def full(confidence: np.ndarray) -> np.ndarray:
    """Confidence stretched so that good texels are wholly the portrait's: 0.1 and below none, 0.75 and above all."""
    ramp = np.clip((confidence - 0.1) / 0.65, 0, 1)
    return ramp * ramp * (3 - 2 * ramp)


def _confidence(
    view: View, points: np.ndarray, normals: np.ndarray, place: np.ndarray, light: str, free: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """(n,2) portrait pixels and (n,) stretched confidence of texels."""
    seen = view.observation
    masks = seen.allowed_skin, seen.allowed_scalp
    pixels, confidence = pixel_confidence(view.registration, masks, points.astype(np.float64), normals, place)
    return pixels, full(confidence * view.trust(seen.light.shade(normals), light)) * free


def _mirrored(seen: Observation, flipped: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n,) stretched confidence of the (n,2) atlas places on the other side, 0 at their border, and their pixels."""
    valid = (seen.confidence > 0.02).astype(np.float32)
    inside = sample_atlas(valid, flipped)
    pixels = sample_atlas(seen.places * valid[..., None], flipped) / np.maximum(inside, 1e-3)[:, None]
    return full(sample_atlas(seen.confidence, flipped)) * (inside > 0.99), pixels


def _lit(seen: Observation, gain: np.ndarray | None) -> np.ndarray:
    """(S,S,3) linear light of a portrait in the atlas."""
    linear = to_linear(sample(seen.low, seen.places))
    return linear if gain is None else np.clip(linear * gain, 0, 1)


def _times(srgb: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """(…,3) sRGB times (3,) in linear light."""
    return to_srgb(np.clip(to_linear(srgb) * gain, 0, 1))
