"""Hair goes on where the portrait cannot see it: weak evidence for the networks, and the tone of the unseen scalp.

For heads that get hair of their own the same is done with skin.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..imaging.sample import LUMINANCE

#: Confidence of the evidence: weak, for it covers many texels (0.25 cost the linear fit 2.5 dB on bald heads).
EVIDENCE = 0.05
#: Share of the hair's tone on the unseen scalp, the rest is the networks'; and by how much it may change theirs.
WORN, GAINS = 0.85, (0.15, 3.0)
#: Share of the skin's colour on a scalp that is to be bare: the prior's hair shines through what is left of it.
BARE = 0.95
#: Difference of the two tones, in logarithms, up to which the networks are left alone, and from which not at all.
AGREED, APART = 0.2, 0.6
#: From this share of hair along the upper edge of what is seen, the whole scalp is taken to be hair; the edge's width,
#: as a share of the atlas. Hair begins above the forehead, wherever the head's scalp does.
HAIRY, EDGE = 0.25, 0.025
#: A worn texel is at most so much lighter than the hair near it, where it was no lighter before.
LIGHTEST = 1.3
#: Seen scalp texels needed to say anything; a hat or a tight crop shows fewer.
ENOUGH = 200
#: Added to colours before hues are compared: black has none.
FAINT = 0.05
#: How far below the scalp hair grows thinly, as a share of the atlas; least difference of hair's and skin's lightness.
THIN, LEAST = 0.03, 0.1
#: Loss of saturation, as a share of the skin's, whose inverse tells thin hair for sure.
GREYER = 3.0
#: Share of the atlas to either side of the face's middle up to which it is front; the ears lie beyond.
FRONT = 0.22
#: Reach of the seen hair's local colour, as a share of the atlas; beyond it the median colour holds.
REACH = 0.08


def hair_tone(
    unlit: np.ndarray, confidence: np.ndarray, hair: np.ndarray, scalp: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """(S,S,3) colour of the hair near each texel and (S,S) 0..1 where the scalp wears it unseen; None for bald heads
    and where too little scalp is seen.

    Args:
        unlit: (S,S,3) observed sRGB without light. confidence: (S,S). hair: (S,S) 0..1, the matte's hair where
            observed. scalp: (S,S) 0..1, the share of scalp of each texel.
    """
    seen = confidence * scalp
    if not hair_on_top(confidence, hair, scalp) > HAIRY:
        return None
    is_hair = seen * hair**4  # what is half hair has half the skin's colour
    surest = is_hair >= 0.5 * is_hair.max()
    tone = np.median(unlit[surest], axis=0)
    return _continued(unlit, is_hair, tone), (scalp * (1 - np.clip(confidence / 0.3, 0, 1))).astype(np.float32)


def hair_on_top(confidence: np.ndarray, hair: np.ndarray, scalp: np.ndarray) -> float:
    """0..1, how much of the seen scalp's upper edge is hair; NaN where too little is seen. See hair_tone()."""
    seen = confidence * scalp > 0.15
    if (confidence * scalp > 0.3).sum() < ENOUGH:
        return float("nan")
    edge = seen & (np.cumsum(seen, axis=0) <= max(1, round(EDGE * len(seen))))
    return float(hair[edge].mean())


def find_tone(
    unlit: np.ndarray, confidence: np.ndarray, hair: np.ndarray, scalp: np.ndarray, bare: bool
) -> tuple[np.ndarray, np.ndarray] | None:
    """What the unseen scalp wears: hair_tone(), or skin_tone() where it is to be bare. None where that is left to the
    networks: of bald heads, whose scalps they know better than plain skin (1.2 dB on rendered ones).

    Args:
        bare: the scalp is to have no hair. The others as hair_tone()'s.
    """
    return skin_tone(unlit, confidence, scalp) if bare else hair_tone(unlit, confidence, hair, scalp)


def skin_tone(unlit: np.ndarray, confidence: np.ndarray, scalp: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """hair_tone() of a scalp that is to be bare: the colour of the skin beside it; None where none was seen."""
    is_skin = confidence * (1 - scalp)
    if (is_skin > 0.3).sum() < ENOUGH:
        return None
    tone = np.median(unlit[is_skin > 0.3], axis=0)
    return _continued(unlit, is_skin, tone), (scalp * (1 - np.clip(confidence / 0.3, 0, 1))).astype(np.float32)


def _continued(unlit: np.ndarray, known: np.ndarray, tone: np.ndarray) -> np.ndarray:
    """(S,S,3) the colour near each texel, of (S,S) known ones; far from them the (3,) tone."""
    sigma = REACH * len(unlit)
    weight = cv2.GaussianBlur(known.astype(np.float32), (0, 0), sigma)
    near = cv2.GaussianBlur((unlit * known[..., None]).astype(np.float32), (0, 0), sigma)
    return ((near + 0.05 * tone) / (weight + 0.05)[..., None]).astype(np.float32)


def _saturation(colour: np.ndarray) -> np.ndarray:
    """(…,) 0..1 of (…,3) sRGB."""
    return 1 - colour.min(-1) / np.maximum(colour.max(-1), 0.01)


def hair_evidence(
    unlit: np.ndarray, confidence: np.ndarray, tone: tuple[np.ndarray, np.ndarray] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Colour (S,S,3) and confidence (S,S) with the hair continued over the unseen scalp, as weak evidence."""
    if tone is None:
        return unlit, confidence
    local, worn = tone
    added = EVIDENCE * worn
    total = confidence + added
    colour = (unlit * confidence[..., None] + local * added[..., None]) / np.maximum(total, 1e-6)[..., None]
    return np.where((added > 0)[..., None], colour, unlit).astype(np.float32), total.astype(np.float32)


def wear_hair(generated: np.ndarray, tone: tuple[np.ndarray, np.ndarray] | None, bare: bool = False) -> np.ndarray:
    """(S,S,3) generated skin with the unseen scalp brought to the tone of the hair.

    Only where the two are far apart: the networks had the hair as evidence, and where they agree with it roughly, they
    know better (0.5 dB on rendered portraits). The middle colour is matched, their own light and dark stay: hair thins
    out at the nape and above the ears, and one flat colour there was 3 dB worse. A bare scalp takes the skin's plain
    colour.
    """
    if tone is None:
        return generated
    size = generated.shape[0]
    local, worn = (cv2.resize(part, (size, size), interpolation=cv2.INTER_AREA) for part in tone)
    if bare:
        return (generated + BARE * worn[..., None] * (local - generated)).astype(np.float32)
    scalp = worn > 0.5
    if not scalp.any():
        return generated
    gain = (np.median(local[scalp], axis=0) + 0.01) / (np.median(generated[scalp], axis=0) + 0.01)
    gain = np.clip(gain, *GAINS)
    apart = np.clip((np.abs(np.log(gain)).mean() - AGREED) / (APART - AGREED), 0, 1)
    made = generated * (1 + WORN * apart * worn[..., None] * (gain - 1))
    made = np.minimum(made, np.maximum(generated, LIGHTEST * local))  # skin at the temples is no hair to be brightened
    # one hair colour, the seen hair's: what training scalps have is light and dark
    hue = cv2.GaussianBlur(local * worn[..., None] + made * (1 - worn[..., None]), (0, 0), 1)
    grey = ((made @ LUMINANCE + FAINT) / (hue @ LUMINANCE + FAINT))[..., None] * (hue + FAINT) - FAINT
    return _thinned(np.clip(made + worn[..., None] * (grey - made), 0, 1).astype(np.float32), local, worn)


def _thinned(made: np.ndarray, local: np.ndarray, worn: np.ndarray) -> np.ndarray:
    """(S,S,3) with hair's colour where skin right below the worn hair is dark, and ever less of it down the nape.

    Hair grows thinly there in training skins, and falls over their necks, where shade is told from it by saturation:
    grey smudges beside fair hair.
    """
    size = len(worn)
    beside = np.abs((np.arange(size) + 0.5) / size - 0.5)  # of the middle of the face, over longitude
    near, wide = (cv2.GaussianBlur(worn, (0, 0), reach * size) for reach in (THIN, 2 * THIN))
    front = made[(near < 0.01) & (beside < FRONT)]
    if not len(front):
        return made
    skin = np.median(front, axis=0)
    dark = (skin - made) @ LUMINANCE / np.maximum((skin - local) @ LUMINANCE, LEAST)
    back = np.clip((beside - FRONT) / 0.05, 0, 1)[None]
    share = np.clip(dark, 0, 1) * (1 + back * (np.clip(4 * wide, 0, 1) - 1))
    greyer = np.clip(GREYER * (1 - _saturation(made) / max(float(_saturation(skin)), FAINT)), 0, 1)
    below = np.maximum(np.clip(4 * near, 0, 1), back * greyer) * (1 - worn) * (dark > 0)
    return (made + below[..., None] * (skin + share[..., None] * (local - skin) - made)).astype(np.float32)
