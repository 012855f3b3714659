"""Flat drawings: what the networks complete is as flat as what was drawn.

The networks learnt on skins, which are never one colour; beside a drawing's flat cheek theirs is blotched. So the
unseen skin's colours are drawn together about the seen skin's middle one until they stray no more than it does, and
so are the scalp's and the beard's about the middle colour of what was drawn of them.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..head.match import DRAWN
from ..imaging.sample import LUMINANCE, sample
from ..observation.observe import Observation
from ..surface.bare import face_parts

#: Confidence from which a texel tells of the drawing; so many texels of a region must.
SURE, ENOUGH = 0.3, 200
#: Spread of the seen, as a share of the made, from which nothing is changed, and up to which it counts in full.
ALIKE, FLATTER = 0.8, 0.4
#: What of the made skin's colours stays is coarser than this, as a share of the atlas.
COARSE = 0.012


def flatten_drawing(generated: np.ndarray, observation: Observation, style: str) -> np.ndarray:
    """What was generated for a drawing is no less flat than what the drawing shows. See finish.Finisher."""
    if style not in DRAWN:
        return generated
    size = len(generated)

    def shrunk(values: np.ndarray) -> np.ndarray:
        return cv2.resize(values.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)

    bare, sure, scalp = 1 - shrunk(face_parts()), shrunk(observation.confidence), shrunk(observation.scalp)
    seen = shrunk(observation.unlit * observation.confidence[..., None]) / np.maximum(sure, 1e-4)[..., None]
    crown, hairy = np.zeros_like(scalp), shrunk(observation.hairy)
    if observation.cover is not None:
        crown = shrunk(observation.cover)
    beard, bearded = np.zeros_like(scalp), np.zeros_like(scalp)
    if observation.beard is not None:
        beard, bearded = shrunk(observation.beard.worn.cover), shrunk(observation.beard.shown)
    regions = []
    for share, drawn in (
        (bare * (1 - crown) * (1 - beard), bare * (1 - scalp) * (1 - hairy) * (1 - bearded) > 0.7),
        (crown, scalp * hairy > 0.7),
        (beard, bearded > 0.7),
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
