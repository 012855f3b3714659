"""Flat drawings: what the networks complete is as flat as what was drawn.

The networks learnt on skins, which are never one colour; beside a drawing's flat cheek theirs is blotched. So the
unseen skin's colours are drawn together about the seen skin's middle one until they stray no more than it does, and
so are the scalp's about the middle colour of what was drawn beside it.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..imaging.sample import LUMINANCE, sample
from ..observation.observe import Observation
from ..surface.bare import face_parts

#: Of options.STYLE, those of drawings.
DRAWN = ("cartoon", "anime")
#: Confidence from which a texel tells of the drawing; so many texels of a region must.
SURE, ENOUGH = 0.3, 200
#: Spread of the seen, as a share of the made, from which nothing is changed, and up to which it counts in full.
ALIKE, FLATTER = 0.8, 0.4
#: What of the made skin's colours stays is coarser than this, as a share of the atlas.
COARSE = 0.012
#: How far off the unseen scalp counts for the seen one's rim, as a share of the atlas.
RIM = 0.03
#: Share of scalp over which hair ends: drawn hair has an edge.
EDGE = 0.4


def flatten_drawing(generated: np.ndarray, observation: Observation, style: str) -> np.ndarray:
    """What was generated for a drawing is no less flat than what the drawing shows. See finish.Finisher."""
    if style not in DRAWN:
        return generated
    size = len(generated)

    def shrunk(values: np.ndarray) -> np.ndarray:
        return cv2.resize(values.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)

    bare, sure, scalp = 1 - shrunk(face_parts()), shrunk(observation.confidence), shrunk(observation.scalp)
    seen = shrunk(observation.unlit * observation.confidence[..., None]) / np.maximum(sure, 1e-4)[..., None]
    crown = np.zeros_like(scalp) if observation.bare else np.clip((scalp - 0.5) / EDGE + 0.5, 0, 1)
    regions = []
    for share, drawn in (
        (bare * (1 - crown), bare * (1 - scalp) * (1 - shrunk(observation.hairy)) > 0.7),
        (crown, rim(sure, scalp)),
    ):
        drawn, made = drawn & (sure > SURE), (share > 0.5) & (sure < 0.05) & (shrunk(observation.covered) > 0.5)
        if drawn.sum() >= ENOUGH and made.sum() >= ENOUGH:
            (middle, spread), (other, wider) = measured(seen[drawn]), measured(generated[made])
            regions.append((share, middle, other, spread / max(wider, 1e-6)))
    kept = min((alike for *_, alike in regions), default=1.0)  # strokes on a scalp make it no less flat a drawing
    if kept >= ALIKE:
        return generated
    result, flat = generated, np.clip((ALIKE - kept) / (ALIKE - FLATTER), 0, 1)
    for share, middle, other, _ in regions:
        strays = cv2.GaussianBlur(generated - other, (0, 0), COARSE * size)  # finer than that is grain, and lines' own
        result = result + flat * share[..., None] * (middle + kept * strays - result)
    # where the drawing is seen it stays itself, or its lines would fade into the flat colour beside them
    soft = observation.light.remove(sample(observation.low, observation.places), observation.shade)
    soft = shrunk(soft * observation.confidence[..., None]) / np.maximum(sure, 1e-4)[..., None]
    there = flat * np.clip((sure - 0.1) / (SURE - 0.1), 0, 1)[..., None]
    return np.clip(result + there * (soft - result), 0, 1).astype(np.float32)


def measured(colours: np.ndarray) -> tuple[np.ndarray, float]:
    """(3,) the middle of (n,3) colours and how far half of them stray from it, lines and features aside."""
    middle = np.median(colours, axis=0)
    return middle.astype(np.float32), float(np.median(np.abs(colours - middle) @ LUMINANCE))


def rim(confidence: np.ndarray, scalp: np.ndarray) -> np.ndarray:
    """(S,S) bool, the half of the seen scalp that lies nearest to the unseen: high foreheads say nothing of the crown.

    Args:
        confidence: (S,S). scalp: (S,S) 0..1, the share of scalp of each texel.
    """
    seen = confidence * scalp > 0.3
    unseen = (scalp * (1 - np.clip(confidence / 0.3, 0, 1))).astype(np.float32)
    near = cv2.GaussianBlur(unseen, (0, 0), RIM * len(scalp))
    return seen & (near >= np.median(near[seen])) if seen.any() else seen
