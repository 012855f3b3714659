"""The hair that a portrait shows, and how it goes on where none sees it: weak evidence for the networks, and what the
unseen scalp is to wear (finish/hair.py).

For heads that get hair of their own the same is done with skin.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..imaging.sample import sample
from ..prior.hairline import hairline
from .tone import fade_from

#: Confidence of the evidence: weak, for it covers many texels (0.25 cost the linear fit 2.5 dB on bald heads).
EVIDENCE = 0.05
#: Pixels per face height at which the picture's hair is averaged; how far, and how much must show, in face heights.
COARSE, HAIR_REACH, ENOUGH_HAIR = 100.0, 0.2, 0.02
#: Seen texels of skin, and of hair, needed to say anything.
ENOUGH, ENOUGH_SEEN = 200, 50
#: Reach of the seen skin's local colour, as a share of the atlas; beyond it the median colour holds.
REACH = 0.08
#: By how much the light may change hair; what is added to colours before they are compared, for black has none.
GAINS, FAINT = (0.5, 2.0), 0.02
#: What lightness counts for beside a and b of CIELAB where hair is told from skin: highlights on hair are as light as
#: skin, temples in shade nearly as dark as hair. Share of the distance from which it is hair, and nothing else.
HUE, NEARER = np.float32([0.4, 1, 1]), (0.4, 0.6)
#: Confidence from which nothing is worn over what was seen.
SEEN = 0.3


@dataclass(frozen=True)
class Hair:
    """What the unseen scalp wears: hair, or skin where it is to be bare.

    colour: (S,S,3) of the hair near each texel. skin: (S,S,3) of the skin near each texel. unseen: (S,S) 0..1. scalp:
    (S,S) 0..1, its share of each texel. cover: (S,S) 0..1, how far hair covers each texel. bare: the colour is skin's.
    """

    colour: np.ndarray
    skin: np.ndarray
    unseen: np.ndarray
    scalp: np.ndarray
    cover: np.ndarray
    bare: bool = False


def find_hair(
    unlit: np.ndarray,
    confidence: np.ndarray,
    hair: np.ndarray,
    scalp: np.ndarray,
    colour: np.ndarray | None,
    bare: bool = False,
) -> Hair | None:
    """What the unseen scalp wears; None where it is left to the networks: of bald heads, whose scalps they know better
    than plain skin (1.2 dB on rendered ones), and where too little is seen.

    Args:
        unlit: (S,S,3) observed sRGB without light. confidence: (S,S). hair: (S,S) 0..1, the matte's hair where
            observed. scalp: (S,S) 0..1, the share of scalp of each texel. colour: (S,S,3) of the hair near each texel,
            without light; None where the head has none. bare: the scalp is to have no hair.
    """
    is_skin = confidence * (1 - scalp) * (1 - hair)
    if (is_skin > 0.3).sum() < ENOUGH or (colour is None and not bare):
        return None
    skin = continued(unlit, is_skin, np.median(unlit[is_skin > 0.3], axis=0))
    unseen = (1 - np.clip(confidence / SEEN, 0, 1)).astype(np.float32)
    if bare:
        return Hair(skin, skin, unseen, scalp, np.zeros_like(scalp), bare)
    cover = hairline().find_cover(hair, confidence)
    shown = (1 - unseen) * hair**4 * cover  # what is half hair has half the skin's colour
    shown = shown * nearer_to_hair(unlit, colour, skin)  # the matte takes receding temples for hair
    return Hair(meeting(colour, unlit, shown), skin, unseen, scalp, cover)


def nearer_to_hair(picture: np.ndarray, colour: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """(S,S) 0..1 whether (S,S,3) a picture has the hue of (S,S,3) hair rather than that of (S,S,3) skin; sRGB."""
    lab, of_hair, of_skin = (
        cv2.cvtColor(np.ascontiguousarray(part, np.float32), cv2.COLOR_RGB2LAB) * HUE
        for part in (picture, colour, skin)
    )
    from_hair, from_skin = (np.linalg.norm(lab - other, axis=-1) for other in (of_hair, of_skin))
    share = from_skin / np.maximum(from_hair + from_skin, 1e-6)
    return np.clip((share - NEARER[0]) / (NEARER[1] - NEARER[0]), 0, 1)


def meeting(colour: np.ndarray, unlit: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """(S,S,3) the colour of hair, which beside hair that shows is that hair's own and further away lets go of it.

    Args:
        colour: (S,S,3) of the hair near each texel. unlit: (S,S,3) observed. shown: (S,S) 0..1, hair that shows.
    """
    apart, _ = fade_from((unlit - colour) * (shown > 0)[..., None], shown.astype(np.float32))
    return np.clip(colour + apart, 0, 1).astype(np.float32)


def continue_hair(
    portrait: np.ndarray, head_hair: np.ndarray, places: np.ndarray, face_height: float
) -> np.ndarray | None:
    """(S,S,3) sRGB of the hair nearest to each texel in the picture, seen or not: temples take the sides' colour and
    the crown the top's. None where too little shows.

    Args:
        portrait: (H,W,3) sRGB. head_hair: (H,W) 0..1. places: (S,S,2) portrait pixels per texel. face_height: pixels.
    """
    scale = min(1.0, COARSE / face_height)
    size = tuple(max(1, round(side * scale)) for side in head_hair.shape[::-1])
    weight, small = (cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in (head_hair, portrait))
    sure, height = weight > 0.5, face_height * scale
    if sure.sum() < ENOUGH_HAIR * height**2:
        return None
    tone, weight = np.median(small[sure], axis=0), np.clip(5 * weight - 4, 0, 1)  # a little skin outshines black hair
    near, wide = (cv2.GaussianBlur(part, (0, 0), HAIR_REACH * height) for part in (weight, small * weight[..., None]))
    return sample(((wide + 0.02 * tone) / (near + 0.02)[..., None]).astype(np.float32), places * np.float32(scale))


def without_light(colour: np.ndarray, lit: np.ndarray, unlit: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """(S,S,3) the picture's hair without the light that falls on hair where the head shows it.

    Args:
        colour: (S,S,3) as continue_hair() left it. lit, unlit: (S,S,3) sRGB, what the portrait shows, with and without
            its light. sure: (S,S) bool, where the head shows hair.
    """
    if sure.sum() < ENOUGH_SEEN:
        return colour
    gain = np.median((unlit[sure] + FAINT) / (lit[sure] + FAINT), axis=0)
    return np.clip((colour + FAINT) * np.clip(gain, *GAINS) - FAINT, 0, 1).astype(np.float32)


def hair_evidence(unlit: np.ndarray, confidence: np.ndarray, hair: Hair | None) -> tuple[np.ndarray, np.ndarray]:
    """Colour (S,S,3) and confidence (S,S) with the hair continued over the unseen scalp, as weak evidence."""
    if hair is None:
        return unlit, confidence
    added = EVIDENCE * hair.scalp * hair.unseen
    total = confidence + added
    colour = (unlit * confidence[..., None] + hair.colour * added[..., None]) / np.maximum(total, 1e-6)[..., None]
    return np.where((added > 0)[..., None], colour, unlit).astype(np.float32), total.astype(np.float32)


def continued(unlit: np.ndarray, known: np.ndarray, tone: np.ndarray) -> np.ndarray:
    """(S,S,3) the colour near each texel, of (S,S) known ones; far from them the (3,) tone."""
    sigma = REACH * len(unlit)
    weight = cv2.GaussianBlur(known.astype(np.float32), (0, 0), sigma)
    near = cv2.GaussianBlur((unlit * known[..., None]).astype(np.float32), (0, 0), sigma)
    return ((near + 0.05 * tone) / (weight + 0.05)[..., None]).astype(np.float32)
