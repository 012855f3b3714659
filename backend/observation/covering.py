"""What covers the skin in a portrait: hair, facial hair, headwear; where it lies on the head, and in which colour.

Each is found in the same way: how surely a portrait shows a texel, how much of it is covered there, and what goes on
from that where nobody looked. Its colour is its own, never taken through the skin's light; only the picture's exposure
is taken out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..head.scalp import scalp_share
from ..imaging.bands import gaussian
from ..imaging.sample import to_linear, to_srgb
from .observe import SURE, Observation, at_pixels
from .tone import fade_from

#: What covers the skin, from the skin upwards.
COVERINGS = ("facial_hair", "hair", "headwear")
#: Share of a covering from which a texel's colour is its alone.
ALONE = 0.8
#: Texels, of 512 squared, needed to say anything.
ENOUGH = 200


@dataclass(frozen=True)
class Evidence:
    """One covering as one portrait or several show it, in the atlas.

    sure: (S,S) 0..1 how surely a texel is shown, whatever lies there. shown: (S,S) 0..1 how much of it is covered.
    color: (S,S,3) sRGB of what covers it, without the picture's exposure.
    """

    sure: np.ndarray
    shown: np.ndarray
    color: np.ndarray


@dataclass(frozen=True)
class Covering:
    """A covering of the whole head.

    name: of COVERINGS. evidence: of all portraits together. cover: (S,S) 0..1, also where nobody looked. color:
    (S,S,3) sRGB there, without the picture's exposure. reach: (S,S) 0..1, where what the networks complete may be it.
    """

    name: str
    evidence: Evidence
    cover: np.ndarray
    color: np.ndarray
    reach: np.ndarray

    @property
    def unseen(self) -> np.ndarray:
        """(S,S) 0..1, where what lies there was continued."""
        return (1 - np.clip(self.evidence.sure / SURE, 0, 1)).astype(np.float32)


def region_of(name: str, canonical: np.ndarray) -> np.ndarray:
    """(…,) 0..1 of (…,3) canonical points: where a covering may lie on the head's surface."""
    return _part_of(name, scalp_share(canonical))


def shared(masks: Mapping[str, np.ndarray], pixels: np.ndarray, scalp: np.ndarray) -> dict[str, np.ndarray]:
    """(…,) 0..1 of each covering at (…,2) portrait pixels that show points with so much (…,) of the scalp."""
    return {name: at_pixels(masks[name], pixels) * _part_of(name, scalp) for name in COVERINGS if name in masks}


def _part_of(name: str, scalp: np.ndarray) -> np.ndarray:
    return 1 - scalp if name == "facial_hair" else scalp


def exposed_alike(srgb: np.ndarray, observation: Observation) -> np.ndarray:
    """(…,3) sRGB of a picture without its exposure."""
    return to_srgb(to_linear(srgb) / observation.exposure)


def join(evidence: Sequence[Evidence], shares: Sequence[np.ndarray]) -> Evidence:
    """Of several portraits, by their (S,S) shares."""
    sure = np.sum(shares, 0).astype(np.float32)
    total = np.maximum(sure, 1e-6)
    shown = sum(one.shown * share for one, share in zip(evidence, shares, strict=True)) / total
    color = sum(one.color * share[..., None] for one, share in zip(evidence, shares, strict=True)) / total[..., None]
    return Evidence(sure, shown.astype(np.float32), color.astype(np.float32))


def beside(color: np.ndarray, evidence: Evidence, weight: np.ndarray) -> np.ndarray:
    """(S,S,3) a continued colour, which beside what shows is that one's own and further away lets go of it.

    Args:
        color: (S,S,3). weight: (S,S) 0..1, how surely the shown colour is the covering's alone.
    """
    apart, _ = fade_from((evidence.color - color) * (weight > 0)[..., None], weight.astype(np.float32))
    return np.clip(color + apart, 0, 1).astype(np.float32)


def continued(color: np.ndarray, known: np.ndarray, tone: np.ndarray) -> np.ndarray:
    """(S,S,3) the colour near each texel, of (S,S) known ones; far from them the (3,) tone."""
    sigma = 0.08 * len(color)  # reach of the visible local colour; beyond it the median holds
    weight = gaussian(known.astype(np.float32), sigma)
    near = gaussian((color * known[..., None]).astype(np.float32), sigma)
    return ((near + 0.05 * tone) / (weight + 0.05)[..., None]).astype(np.float32)


def enough(known: np.ndarray, texels: int = ENOUGH) -> bool:
    """Whether so many of 512 squared texels are set in (S,S)."""
    return np.count_nonzero(known) >= texels * (len(known) / 512) ** 2


def near_skin(observation: Observation) -> np.ndarray | None:
    """(S,S,3) sRGB, the unlit skin near each texel; None where too little shows."""
    known = observation.confidence > SURE
    if not enough(known):
        return None
    return continued(observation.unlit, observation.confidence, np.median(observation.unlit[known], axis=0))


def join_evidence(observation: Observation, coverings: Sequence[Covering]) -> tuple[np.ndarray, np.ndarray]:
    """Colour (S,S,3) and confidence (S,S) that the networks complete: the visible skin, and the visible hair on it, for
    they learnt heads with their hair; what is continued is no evidence."""
    colour = observation.unlit * observation.confidence[..., None]
    confidence = observation.confidence.copy()
    for one in coverings:
        if one.name != "headwear":
            share = one.evidence.sure * one.evidence.shown * (1 - confidence)
            colour, confidence = colour + one.evidence.color * share[..., None], confidence + share
    mean = colour / np.maximum(confidence, 1e-6)[..., None]
    return np.where((confidence > 1e-6)[..., None], mean, observation.unlit).astype(np.float32), confidence
