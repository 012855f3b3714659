"""How a beard goes on where no portrait shows it: on the other side of a turned head, at the jaw's sides, under the chin.

What one side shows the other has, too, and what neither shows is as the nearest place that one of them does: bare
cheeks end a beard, a moustache and a goatee stay what they are, and below a bearded chin it grows to the throat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..head.scalp import ear_share
from ..imaging.sample import fill_smoothly, sample
from .hair import SEEN, Hair, continued, meeting

#: Where beards grow, canonical: up to the cheekbones, and higher towards the ears from so far aside; back to the ears.
CHEEK, SIDEBURN, RISE, BACK = 0.1, 0.28, 0.6, 0.12
#: Slope down from the head's middle at which it ends: in the middle at the throat, at the sides below the jaw's angle,
#: and by how much it softens.
THROAT, JAW, SOFT = 1.0, 0.74, 0.06
#: Reach of the line's softness, and of what is looked at beside the beard, as shares of the atlas.
LINE, AROUND = 0.008, 0.03
#: Share of the beard from which a texel tells its colour, and up to which the skin's; texels needed to say anything.
SURELY, BARE, ENOUGH = 0.8, 0.1, 60
#: Half of this is between beard and none, so that stubble beside it does not smear.
HALF = (0.25, 0.75)


@dataclass(frozen=True)
class Beard:
    """A beard or a moustache that the portraits show.

    picture: (H,W) 0..1, the first portrait's. shown: (S,S) 0..1, where it was observed. worn: what the unseen face
    wears; its scalp is the beard and what lies beside it. region: (S,S) 0..1, where beards grow.
    """

    picture: np.ndarray
    shown: np.ndarray
    region: np.ndarray
    worn: Hair


def grows(canonical: np.ndarray) -> np.ndarray:
    """(…,) float32 0..1 of (…,3) canonical points: where a beard may grow."""
    x, y, z = np.moveaxis(canonical, -1, 0)
    high = np.clip((CHEEK + RISE * np.maximum(np.abs(x) - SIDEBURN, 0) - y) / SOFT + 0.5, 0, 1)
    aside = np.clip(np.abs(np.arctan2(x, z)) / np.radians(60), 0, 1) ** 2
    low = np.clip((THROAT - (THROAT - JAW) * aside + y / np.maximum(np.hypot(x, z), 1e-6)) / SOFT + 0.5, 0, 1)
    ahead = np.clip((z - BACK) / SOFT + 0.5, 0, 1) * (1 - ear_share(canonical))
    return (high * low * ahead).astype(np.float32)


def see_beard(
    picture: np.ndarray,
    places: np.ndarray,
    unlit: np.ndarray,
    confidence: np.ndarray,
    canonical: np.ndarray,
    covered: np.ndarray,
) -> Beard | None:
    """The beard of one portrait, and how it goes on; None where the head shows too little of it.

    Args:
        picture: (H,W) 0..1, the matte's beard. places: (S,S,2) portrait pixels per texel. unlit: (S,S,3) sRGB without
            light. confidence: (S,S). canonical: (S,S,3). covered: (S,S) bool, where the head has surface.
    """
    shown = sample(picture, places, border=cv2.BORDER_CONSTANT).astype(np.float32)
    region = grows(canonical) * covered
    worn = continue_beard(shown, unlit, confidence, region)
    return None if worn is None else Beard(picture, shown, region, worn)


def continue_beard(shown: np.ndarray, unlit: np.ndarray, confidence: np.ndarray, region: np.ndarray) -> Hair | None:
    """What the unseen face wears of a beard; the arguments are Beard's and see_beard()'s, region (S,S) of grows()."""
    sure = confidence * (shown > SURELY) * region
    if (sure > SEEN).sum() < ENOUGH * (len(shown) / 512) ** 2:
        return None
    bare = confidence * (shown < BARE)
    tone, skin = (np.median(unlit[part > SEEN], axis=0) for part in (sure, bare))
    both = np.maximum(confidence, 0)
    mirrored, of_mirrored = shown[:, ::-1], both[:, ::-1]
    other = (1 - np.clip(both / SEEN, 0, 1)) * np.clip(of_mirrored / SEEN, 0, 1)
    known = np.clip(np.maximum(both, of_mirrored) / SEEN, 0, 1)
    cover = fill_smoothly((shown + other * (mirrored - shown))[..., None], known > 0.5)[..., 0]
    cover = np.clip((cover - HALF[0]) / (HALF[1] - HALF[0]), 0, 1) * region
    cover = cv2.GaussianBlur(cover.astype(np.float32), (0, 0), LINE * len(cover))
    beside = np.clip(3 * cv2.GaussianBlur(cover, (0, 0), AROUND * len(cover)), 0, 1)
    unseen = (1 - np.clip(confidence / SEEN, 0, 1)).astype(np.float32)
    colour = meeting(continued(unlit, sure, tone), unlit, (1 - unseen) * shown**4)
    return Hair(colour, continued(unlit, bare, skin), unseen, beside, cover)


def join_beards(
    beards: Sequence[Beard | None], shares: Sequence[np.ndarray], unlit: np.ndarray, confidence: np.ndarray
) -> Beard | None:
    """What several portraits show of one beard; None where none of them does.

    Args:
        shares: (S,S) of each portrait in the texels, which add up to confidence (S,S). unlit: (S,S,3) of all.
    """
    first = next((beard for beard in beards if beard is not None), None)
    if first is None:
        return None
    pairs = zip(beards, shares, strict=True)
    total = sum(beard.shown * share for beard, share in pairs if beard is not None)
    shown = (total / np.maximum(confidence, 1e-6)).astype(np.float32)
    worn = continue_beard(shown, unlit, confidence, first.region)
    return None if worn is None else replace(first, shown=shown, worn=worn)
