"""The hair's covering of an atlas without its picture: training data and rendered cases have no other."""

from __future__ import annotations

import numpy as np

from ...observation.covering import Covering, Evidence, continued
from ...observation.views import continue_hair

#: Texels of 256 squared that must surely be hair for it to go on over the scalp; a hat or a tight crop shows fewer.
ENOUGH = 200


def hair_among(color: np.ndarray, confidence: np.ndarray, hair: np.ndarray, scalp: np.ndarray) -> Covering | None:
    """The hair's covering of the scalp, the colour being that of the texels that are surely hair.

    Args:
        color: (S,S,3) sRGB. confidence: (S,S) of skin and hair. hair: (S,S) 0..1. scalp: (S,S) 0..1, its share.
    """
    evidence = Evidence(confidence * scalp, hair, color)
    is_hair = evidence.sure * hair**4  # what is half hair has half the skin's colour
    if (is_hair > 0.3).sum() < ENOUGH * (len(hair) / 256) ** 2:
        return None
    return continue_hair("hair", evidence, continued(color, is_hair, np.median(color[is_hair > 0.3], axis=0)))
