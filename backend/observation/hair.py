"""The hair of the head, or a hat on it, where no portrait shows it: how far it goes, and in which colour."""

import cv2
import numpy as np

from ..imaging.bands import gaussian
from ..imaging.sample import sample
from ..prior.hairline import hairline
from .covering import Covering, Evidence, beside

#: Pixels per face height at which the picture's hair is averaged, and how far, in face heights. Squared face
#: heights that must show; where hair sticks out less does, for a drawn outline or a shade is no fringe.
COARSE, HAIR_REACH, ENOUGH_HAIR, FRINGE = 100.0, 0.2, 0.02, 0.005


def continue_hair(
    name: str, evidence: Evidence, color: np.ndarray | None, outline: np.ndarray | float = 0.0
) -> Covering | None:
    """The covering of the scalp as the hairline's prior goes on from the evidence; None without a colour.

    Args:
        color: (S,S,3) of near_color(). outline: (S,S) 0..1, hair that sticks out there (View.beside_outline).
    """
    if color is None:
        return None
    more = outline * (1 - evidence.sure)
    shown = evidence.shown + more / np.maximum(evidence.sure + more, 1e-6) * (1 - evidence.shown)
    cover, reach = hairline().find_cover(shown, evidence.sure + more)
    weight = np.clip(evidence.sure / 0.3, 0, 1) * evidence.shown**4 * cover  # half hair has half the skin's colour
    return Covering(name, evidence, cover, beside(color, evidence, weight), reach)


def near_color(
    portrait: np.ndarray, mask: np.ndarray, places: np.ndarray, face_height: float, enough: float = ENOUGH_HAIR
) -> np.ndarray | None:
    """(S,S,3) sRGB of the hair nearest to each texel in the picture, visible or not: temples take the sides' colour and
    the crown the top's. None where too little shows.

    Args:
        portrait: (H,W,3) sRGB. mask: (H,W) 0..1 hair. places: (S,S,2) portrait pixels per texel. face_height: pixels.
        enough: squared face heights that must show.
    """
    scale = min(1.0, COARSE / face_height)
    size = tuple(max(1, round(side * scale)) for side in mask.shape[::-1])
    weight, small = (cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in (mask, portrait))
    sure, height = weight > 0.5, face_height * scale
    if sure.sum() < enough * height**2:
        return None
    tone, weight = np.median(small[sure], axis=0), np.clip(5 * weight - 4, 0, 1)  # a little skin outshines black hair
    near, wide = (gaussian(part, HAIR_REACH * height) for part in (weight, small * weight[..., None]))
    return sample(((wide + 0.02 * tone) / (near + 0.02)[..., None]).astype(np.float32), places * np.float32(scale))
