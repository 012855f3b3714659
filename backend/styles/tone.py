"""A person's skin stays as light and as warm as it is, whatever it is painted in.

Washes, paper and hatching brighten dark skin and flatten it; so after a style has painted, its skin is brought to the
tone that it had: lightness by a ratio, so that lines stay dark, and the two colour axes by a shift (CIELAB).
"""

import cv2
import numpy as np

from ..head.facial_regions import FacialRegions
from .tools import shown_skin

#: CIELAB units from the skin's tone at which a texel is skin, and no longer: hair, lips and eyes keep their paint.
SKIN, OTHER = 16.0, 34.0


def keep_tone(texture: np.ndarray, painted: np.ndarray, regions: FacialRegions, paper: bool) -> np.ndarray:
    """(S,S,3) float32 sRGB: painted (S,S,3), its skin in the median tone of the texture's (S,S,3).

    Args:
        paper: what is not painted is paper, which takes the skin's tone everywhere but in the eyes.
    """
    bare = shown_skin(regions)
    if not bare.any():
        return painted
    reach = 6 * regions.size / 256  # further than dots and hatches lie apart
    own = cv2.GaussianBlur(to_lab(texture), (0, 0), reach)
    tone = np.median(own[bare], axis=0)
    # light and shade are skin as well: what is far off in colour, or much darker, is not
    away = np.linalg.norm((own - tone) * np.float32([0.6, 1, 1]), axis=-1)
    skin = np.maximum(np.clip((OTHER - away) / (OTHER - SKIN), 0, 1), regions["lips"]) if not paper else 1.0
    skin = skin * (1 - np.clip(regions["openings"], 0, 1))
    lab = to_lab(painted)
    for _ in range(3):  # clipping at white, and lines, take back a part of each
        now = np.median(cv2.GaussianBlur(lab, (0, 0), reach)[bare], axis=0)
        toned = lab * np.float32([tone[0] / max(now[0], 1.0), 1, 1])
        # neither lines and shadows nor highlights have a colour of their own
        colour = toned[..., :1] / max(tone[0], 1.0)
        if not paper:
            colour = np.minimum(colour, np.linalg.norm(lab[..., 1:], axis=-1, keepdims=True) / np.hypot(*now[1:]))
        toned[..., 1:] += (tone - now)[1:] * np.clip(colour, 0, 1)
        lab = to_lab(to_rgb(lab + skin[..., None] * (toned - lab)))
    return to_rgb(lab)


def to_lab(rgb: np.ndarray) -> np.ndarray:
    """(…,3) float32 CIELAB of sRGB 0..1."""
    return cv2.cvtColor(np.ascontiguousarray(rgb, np.float32), cv2.COLOR_RGB2LAB)


def to_rgb(lab: np.ndarray) -> np.ndarray:
    return np.clip(
        cv2.cvtColor(np.clip(lab, (0, -127, -127), (100, 127, 127)).astype(np.float32), cv2.COLOR_LAB2RGB), 0, 1
    )
