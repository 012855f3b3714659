"""How a beard goes on where no portrait shows it: on a turned head's other side, at the jaw's sides, under the chin.

What one side shows the other has, too, and what neither shows is as the nearest place that one of them does: bare
cheeks end a beard, a moustache and a goatee stay what they are, and below a bearded chin it grows to the throat.
"""

import cv2
import numpy as np

from ..head.scalp import SCALP_LEVEL, SCALP_SLOPE, ear_share
from ..imaging.sample import disc, fill_smoothly
from .covering import ALONE, Covering, Evidence, beside, continued, enough
from .observe import SURE, Observation

#: Canonical depth up to which beards grow back to the ears.
BACK = 0.12
#: Slope down from the head's middle at which it ends: in the middle at the throat, at the sides below the jaw's angle,
#: and by how much it softens.
THROAT, JAW, SOFT = 1.0, 0.74, 0.06
#: Share of the beard up to which a texel's colour is the skin's.
BARE = 0.1
#: Cover up to which there is none, and from which there is all of it: a half cover that goes on would smear.
HALF = (0.4, 0.8)


def grows(canonical: np.ndarray) -> np.ndarray:
    """(…,) float32 0..1 of (…,3) canonical points: where a beard may grow."""
    x, y, z = np.moveaxis(canonical, -1, 0)
    # up to the cheekbones, and higher towards the ears
    high = np.clip((0.1 + 0.6 * np.maximum(np.abs(x) - 0.28, 0) - y) / SOFT + 0.5, 0, 1)
    aside = np.clip(np.abs(np.arctan2(x, z)) / np.radians(60), 0, 1) ** 2
    low = np.clip((THROAT - (THROAT - JAW) * aside + y / np.maximum(np.hypot(x, z), 1e-6)) / SOFT + 0.5, 0, 1)
    ahead = np.clip((z - BACK) / SOFT + 0.5, 0, 1) * (1 - ear_share(canonical))
    return (high * low * ahead).astype(np.float32)


def sideburns(canonical: np.ndarray) -> np.ndarray:
    """(…,) float32 0..1 of (…,3) canonical points: before the ears, where a beard that reaches them meets the hair."""
    _, y, z = np.moveaxis(canonical, -1, 0)
    front = 0.21 + 0.6 * np.clip(0.22 - y, 0, 0.22)  # below a height they widen
    wide = np.clip((z - BACK) / SOFT + 0.5, 0, 1) * np.clip((front - z) / SOFT + 0.5, 0, 1)
    high = np.clip((SCALP_LEVEL + SCALP_SLOPE * z + SOFT - y) / SOFT + 0.5, 0, 1) * np.clip(y / SOFT + 1.5, 0, 1)
    return (wide * high * (1 - ear_share(canonical))).astype(np.float32)


def continue_beard(evidence: Evidence, observation: Observation, canonical: np.ndarray) -> Covering | None:
    """The facial hair of the whole head; None where the portraits show too little of it.

    Args:
        canonical: (S,S,3) of the texels.
    """
    region, burns = grows(canonical) * observation.covered, sideburns(canonical) * observation.covered
    shown, color, sure_of = evidence.shown, evidence.color, evidence.sure
    sure, bare = sure_of * (shown > ALONE) * region, sure_of * (shown < BARE)
    if not all(enough(part > SURE) for part in (sure, bare)):
        return None
    skin = continued(color, bare, np.median(color[bare > SURE], axis=0))
    tone = tone_of(color, sure, skin)
    visible = np.clip(sure_of / SURE, 0, 1).astype(np.float32)
    both = shown + (1 - visible) * visible[:, ::-1] * (shown[:, ::-1] - shown)
    cover = along_the_jaw(both, np.maximum(visible, visible[:, ::-1]) > 0.5)
    cover = np.clip((cover - HALF[0]) / (HALF[1] - HALF[0]), 0, 1) * region
    cover = np.maximum(cover, burns * (cover * (burns > 0)).max(0))
    cover = without_bays(np.maximum(cover, both * visible), cover)
    cover = cv2.GaussianBlur(cover.astype(np.float32), (0, 0), 0.008 * len(cover))
    color = beside(continued(color, sure, tone), evidence, visible * shown**4)
    return Covering("facial_hair", evidence, cover, color, np.ones_like(cover))


def tone_of(unlit: np.ndarray, sure: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """(3,) the middle colour of what of a beard is least like the (S,S,3) skin near it: thin hair lets skin through."""
    lab, of_skin = (cv2.cvtColor(np.ascontiguousarray(part, np.float32), cv2.COLOR_RGB2LAB) for part in (unlit, skin))
    apart, there = np.linalg.norm(lab - of_skin, axis=-1), sure > SURE
    return np.median(unlit[there & (apart >= np.median(apart[there]))], axis=0).astype(np.float32)


def without_bays(whole: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """(S,S) the cover, also where bare skin would be between what shows of a beard and its sideburns.

    Args:
        whole: (S,S) 0..1 what shows, and the cover.
    """
    size = len(whole)
    closed = cv2.morphologyEx(whole, cv2.MORPH_CLOSE, disc(0.06 * size))
    aside = np.abs(np.arange(size) + 0.5 - size / 2) > 0.16 * size
    return np.where(aside & (whole < closed), closed, cover).astype(np.float32)


def along_the_jaw(cover: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(S,S) a cover that goes on where it is not known, sooner along the line from the mouth to the ear than across it:
    what is bearded up to a height is so up to the ear.

    Args:
        cover: (S,S) 0..1. known: (S,S) bool.
    """
    size = len(cover)
    y, x = np.mgrid[:size, :size].astype(np.float32)
    # from the mouth's corners the line rises to the ears
    rise = 0.75 * np.maximum(np.abs(x + 0.5 - size / 2) - 0.1 * size, 0)
    level = [cv2.remap(part.astype(np.float32), x, y - rise, cv2.INTER_LINEAR) for part in (cover * known, known)]
    shape = max(1, round(size / 6.0)), size  # it goes on along the line six times as far as across
    level, sure = (cv2.resize(part, shape, interpolation=cv2.INTER_AREA) for part in level)
    filled = fill_smoothly(np.repeat((level / np.maximum(sure, 1e-6))[..., None], 3, -1), sure > SURE)[..., 0]
    filled = cv2.remap(cv2.resize(filled, (size, size)), x, y + rise, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.where(known, cover, filled).astype(np.float32)
