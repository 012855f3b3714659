"""What is hidden of an observation, and what a job would have seen of the rest.

Hidden texels are gone before anything is estimated: light, tone, hair and completion know only what stays. The truth is
the photograph itself, so a completion is put under the light that was estimated from what stays and compared with it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import cv2
import numpy as np

from ...head.atlas import canonical_head, to_atlas
from ...imaging.sample import to_linear, to_srgb
from ...prior.linear import LinearPrior
from ..faces.observing import Seen, divide, scalp_of

#: Parts of the face that are hidden in turn.
PARTS = ("half", "sides", "lower", "upper", "blobs")
#: Share of the atlas from the middle of the face that stays where the sides are hidden: the inner corners of the eyes.
MIDDLE = 0.09
#: Landmarks whose height parts the lower face from the rest (below the nose) and the upper (between the eyes).
NOSE_BASE, BETWEEN_EYES = 2, 168
#: Reach of the blobs as a share of the atlas; half of what is seen lies in them.
BLOB = 0.05
#: Confidence from which a texel is scored.
SCORED = 0.3


#: Colour (S,S,3) unlit sRGB and confidence (S,S).
Evidence = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Hidden:
    """One observation with a part hidden, (S,S) texels.

    evidence: what a job's networks would be given, (S,S,3) unlit sRGB and (S,S) confidence. skin: the same with hair in
    the skin's light. truth: (S,S,3) the photograph, lit. weight: (S,S) by which hidden texels count,
    0 elsewhere and on the scalp. shade: (S,S) the light estimated from what stays. mirrored, share: as of Divided.
    """

    evidence: Evidence
    skin: Evidence
    truth: np.ndarray
    weight: np.ndarray
    shade: np.ndarray
    mirrored: float
    share: float

    def lit(self, completion: np.ndarray) -> np.ndarray:
        """(S,S,3) sRGB of an unlit completion under the estimated light, part of which it mirrors."""
        entered = to_linear(completion) * self.shade[..., None] * (1 - self.share)
        return to_srgb(entered + self.mirrored)


def part(name: str, person: str, confidence: np.ndarray) -> np.ndarray:
    """(S,S) bool, texels to hide; the same for a person every time.

    Args:
        name: of PARTS. person: the id, which draws the half and the blobs. confidence: (S,S) of the observation.
    """
    size = len(confidence)
    v, u = (np.mgrid[:size, :size] + 0.5) / size
    random = np.random.default_rng(int(hashlib.sha256(person.encode()).hexdigest()[:8], 16))
    places = to_atlas(canonical_head().points[[NOSE_BASE, BETWEEN_EYES]])
    if name == "half":
        return u > 0.5 if random.random() < 0.5 else u < 0.5
    if name == "sides":
        return np.abs(u - 0.5) > MIDDLE
    if name == "lower":
        return v > places[0, 1]
    if name == "upper":
        return v < places[1, 1]
    noise = cv2.GaussianBlur(random.standard_normal((size, size)).astype(np.float32), (0, 0), BLOB * size)
    seen = confidence > SCORED
    return noise > (np.median(noise[seen]) if seen.any() else 0.0)


def hide(seen: Seen, hidden: np.ndarray, positions: np.ndarray, prior: LinearPrior) -> Hidden:
    """An observation as it would be if the portrait had not shown some texels.

    Args:
        hidden: (S,S) bool. positions: (S,S,3) canonical places of the texels. prior: what skin looks like unlit.
    """
    scalp, stays = scalp_of(positions), ~hidden & (seen.shown > 0)
    lit = np.where(stays[..., None], seen.lit, 0)
    split = divide(lit, seen.shown * stays, seen.normals, scalp, prior)
    unlit, confidence = split.unlit, split.confidence
    hair = np.where(hidden, 0, seen.hair)
    color = to_srgb(to_linear(split.matte) / split.exposure)  # hair's is not taken through skin's light
    evidence = unlit + (hair * scalp)[..., None] * (color - unlit), confidence
    weight = np.where(hidden & (seen.confidence > SCORED), seen.confidence * (1 - scalp), 0)
    weight = weight.astype(np.float32)
    return Hidden(evidence, (unlit, confidence), seen.lit, weight, split.shade, split.mirrored, split.share)
