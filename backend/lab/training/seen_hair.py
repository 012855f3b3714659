"""What a job's networks are given of an atlas without its picture: training and rendered cases have no other."""

from __future__ import annotations

import numpy as np

from ...observation.covering import Covering, Evidence, continued, join_skin
from ...observation.hair import continue_hair

#: Texels of 256 squared that must surely be hair for it to go on over the scalp; a hat or a tight crop shows fewer.
ENOUGH = 200


def skin_and_hair(
    unlit: np.ndarray, confidence: np.ndarray, hair: np.ndarray, scalp: np.ndarray, color: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Colour (S,S,3) and confidence (S,S) of skin and hair, which goes on over the scalp (covering.join_evidence).

    Args:
        unlit: (S,S,3) sRGB. confidence: (S,S) of skin and hair. hair: (S,S) 0..1. scalp: (S,S) 0..1, its share.
        color: (S,S,3) of the hair, where it is not as unlit has it.
    """
    worn = hair_among(unlit if color is None else color, confidence, hair, scalp)
    return join_skin(unlit, confidence * (1 - hair * scalp), [worn]) if worn else (unlit, confidence)


def hair_among(color: np.ndarray, confidence: np.ndarray, hair: np.ndarray, scalp: np.ndarray) -> Covering | None:
    """The hair's covering of the scalp, the colour being that of the texels that are surely hair."""
    evidence = Evidence(confidence * scalp, hair, color)
    is_hair = evidence.sure * hair**4  # what is half hair has half the skin's colour
    if (is_hair > 0.3).sum() < ENOUGH * (len(hair) / 256) ** 2:
        return None
    return continue_hair("hair", evidence, continued(color, is_hair, np.median(color[is_hair > 0.3], axis=0)))
