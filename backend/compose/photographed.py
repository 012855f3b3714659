"""What the portraits give the texels of a texture: their own pixels, in two bands, and those of the other side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..imaging.sample import sample, sample_atlas
from ..observation.observe import Observation, pixel_confidence
from ..observation.relight import relit
from ..observation.tone import TONE_REACH, fade_from
from ..observation.views import FOLLOWED, View, share_out

#: Atlas texels around what a portrait shows within which texels are looked up in it; elsewhere it shows nothing.
NEAR = 12


@dataclass(frozen=True)
class Photographed:
    """What the portraits give n texels, in two bands: what an atlas texel of the networks holds, and what is finer.

    shares: (n,) per portrait. share: (n,) of all. low, high: (n,3) sRGB times their shares. high_share: (n,).
    mirrored: (n,) share of the other side, where this one was not seen. mirrored_high: (n,3) its high band.
    """

    shares: list[np.ndarray]
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray
    high_share: np.ndarray
    mirrored: np.ndarray
    mirrored_high: np.ndarray


def find_shown(view: View) -> np.ndarray:
    """(S,S) float32 atlas, 1 on and around what the portrait shows."""
    seen = (view.observation.confidence > 0).astype(np.uint8)
    around = cv2.copyMakeBorder(seen, 0, 0, NEAR, NEAR, cv2.BORDER_WRAP)
    return cv2.dilate(around, np.ones((2 * NEAR + 1,) * 2, np.uint8))[:, NEAR:-NEAR].astype(np.float32)


def photographed(
    views: Sequence[View],
    shown: Sequence[np.ndarray],
    gains: Sequence[np.ndarray | None],
    points: np.ndarray,
    normals: np.ndarray,
    place: np.ndarray,
    atlas: np.ndarray,
    light: str,
    free: np.ndarray,
) -> Photographed:
    """Look up texels in the portraits.

    Args:
        shown: find_shown() of each view. gains: View.gain() of each. points, normals, place: (n,3) in mesh axes, and
            canonical. atlas: (n,2) where the places lie in the atlas. light: a name of options.LIGHT. free: (n,) 0 or
            1, texels that may come from portraits.
    """
    flipped = np.stack([1 - atlas[:, 0], atlas[:, 1]], -1)
    found = [
        _confidence(view, near, points, normals, place, atlas, light, free)
        for view, near in zip(views, shown, strict=True)
    ]
    shares = share_out([confidence for *_, confidence in found])
    high_shares = share_out([np.clip(1.5 * confidence, 0, 1) for *_, confidence in found])
    share = sum(shares)
    mirrors = [_mirrored(view.observation, flipped) for view in views]
    mirror_shares = [part * (1 - share) * free for part in share_out([sure for sure, _ in mirrors])]
    mirrored = sum(mirror_shares)
    low, high, mirrored_high = (np.zeros((len(points), 3), np.float32) for _ in range(3))
    for view, gain, (index, pixels, _), part, high_part, (_, places), mirror in zip(
        views, gains, found, shares, high_shares, mirrors, mirror_shares, strict=True
    ):
        seen = view.observation
        photo, photo_low = sample(seen.portrait, pixels, cv2.INTER_CUBIC), sample(seen.low, pixels)
        if gain is not None:
            here = sample_atlas(gain, atlas[index])
            photo, photo_low = relit(photo, here), relit(photo_low, here)
        low[index] += photo_low * part[index, None]
        high[index] += (photo - photo_low) * high_part[index, None]
        other = np.flatnonzero(mirror > 0)
        fine = sample(seen.portrait, places[other], cv2.INTER_CUBIC) - sample(seen.low, places[other])
        mirrored_high[other] += fine * (mirror[other] / np.maximum(mirrored[other], 1e-6))[:, None]
    return Photographed(shares, share, low, high, sum(high_shares), mirrored, mirrored_high)


def tone_beside(views: Sequence[View], generated: np.ndarray, made: np.ndarray, light: str) -> np.ndarray:
    """(a,a,3) what to add to generated skin so that it meets the lit portraits without an edge, fading with
    distance.

    Args:
        generated: (a,a,3) sRGB without light. made: the same as exposed() has it. light: a name of options.LIGHT.
    """
    size = generated.shape[0]
    tone, lit, total = np.zeros_like(generated), 0, 0
    seen = [view.observation for view in views]
    scalp = cv2.resize(seen[0].scalp, (size, size), interpolation=cv2.INTER_AREA)
    shares = share_out(
        [
            full(one.confidence / one.light.trust(one.shade) * view.trust(one.shade, light))
            for one, view in zip(seen, views, strict=True)
        ]
    )
    for view, share in zip(views, shares, strict=True):
        low, gain = sample(view.observation.low, view.observation.places), view.gain(generated, light)
        low = low if gain is None else relit(low, gain)
        lit = lit + cv2.resize(low * share[..., None], (size, size), interpolation=cv2.INTER_AREA)
        total = total + cv2.resize(share, (size, size), interpolation=cv2.INTER_AREA)
        if view is views[0] or view is views[-1]:  # what the others add to the first one's needs to meet them only
            apart = lit / np.maximum(total, 1e-3)[..., None] - made - tone
            reaches = TONE_REACH if view is views[0] else FOLLOWED
            for part in (scalp, 1 - scalp):  # what hair differs by says nothing of skin
                tone = tone + part[..., None] * fade_from(apart * (total > 0.05)[..., None], total * part, reaches)[0]
    return tone


def full(confidence: np.ndarray) -> np.ndarray:
    """Confidence stretched so that good texels are wholly the portrait's: 0.1 and below none, 0.75 and above all."""
    ramp = np.clip((confidence - 0.1) / 0.65, 0, 1)
    return ramp * ramp * (3 - 2 * ramp)


def _confidence(
    view: View,
    shown: np.ndarray,
    points: np.ndarray,
    normals: np.ndarray,
    place: np.ndarray,
    atlas: np.ndarray,
    light: str,
    free: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(m,) numbers of the texels that the portrait may show, their (m,2) pixels, and (n,) stretched confidence."""
    seen, confidence = view.observation, np.zeros(len(points), np.float32)
    index = np.flatnonzero((free > 0) & (sample_atlas(shown, atlas) > 0))
    masks = seen.allowed_skin, seen.allowed_scalp
    pixels, sure = pixel_confidence(
        view.registration, masks, points[index].astype(np.float64), normals[index], place[index]
    )
    confidence[index] = full(sure * view.trust(seen.light.shade(normals[index]), light)) * free[index]
    return index, pixels, confidence


def _mirrored(seen: Observation, flipped: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n,) stretched confidence of the (n,2) atlas places on the other side, 0 at their border, and their pixels."""
    valid = (seen.confidence > 0.02).astype(np.float32)
    inside = sample_atlas(valid, flipped)
    pixels = sample_atlas(seen.places * valid[..., None], flipped) / np.maximum(inside, 1e-3)[:, None]
    return full(sample_atlas(seen.confidence, flipped)) * (inside > 0.99), pixels
