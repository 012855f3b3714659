"""The hair's colour of an atlas without its picture: training data and rendered cases have no other."""

from __future__ import annotations

import numpy as np

from ...observation.hair import Hair, continued, find_hair

#: From this share of hair along the upper edge of what is seen, the whole scalp is taken to be hair; the edge's width,
#: as a share of the atlas. Hair begins above the forehead, wherever the head's scalp does.
HAIRY, EDGE = 0.25, 0.025
#: Seen scalp texels needed to say anything; a hat or a tight crop shows fewer.
ENOUGH = 200


def hair_among(unlit: np.ndarray, confidence: np.ndarray, hair: np.ndarray, scalp: np.ndarray) -> Hair | None:
    """As find_hair(), the colour being that of the texels that are surely hair."""
    colour = None
    if hair_on_top(confidence, hair, scalp) > HAIRY:
        is_hair = confidence * scalp * hair**4  # what is half hair has half the skin's colour
        colour = continued(unlit, is_hair, np.median(unlit[is_hair >= 0.5 * is_hair.max()], axis=0))
    return find_hair(unlit, confidence, hair, scalp, colour)


def hair_on_top(confidence: np.ndarray, hair: np.ndarray, scalp: np.ndarray) -> float:
    """0..1, how much of the seen scalp's upper edge is hair; NaN where too little is seen."""
    seen = confidence * scalp > 0.15
    if (confidence * scalp > 0.3).sum() < ENOUGH:
        return float("nan")
    edge = seen & (np.cumsum(seen, axis=0) <= max(1, round(EDGE * len(seen))))
    return float(hair[edge].mean())
