"""Flat drawings: what the networks complete is as flat as what was drawn.

The networks learnt on skins, which are never one colour; beside a drawing's flat cheek theirs is blotched. So the
hidden skin's colours are drawn together about the visible skin's middle one until they stray no more than it does.
"""

import cv2
import numpy as np

from ..head.match import DRAWN
from ..imaging.sample import LUMINANCE, sample
from ..job import Prepared
from ..observation.observe import SURE
from ..prior.hairline import hairline
from ..surface.bare import face_parts

#: Texels needed to say anything of a region.
ENOUGH = 200
#: Spread of the visible, as a share of the made, from which nothing is changed, and up to which it counts in full.
ALIKE, FLATTER = 0.8, 0.4
#: Difference from completed skin, sRGB, from which a completed scalp has hair.
UNLIKE = 0.1
#: What of the made skin's colours stays is coarser than this, as a share of the atlas.
COARSE = 0.012


def flatten_drawing(generated: np.ndarray, job: Prepared) -> np.ndarray:
    """What was generated for a drawing is no less flat than what the drawing shows. See finish.Finisher."""
    if job.style not in DRAWN:
        return generated
    size, observation = len(generated), job.observation

    def shrunk(values: np.ndarray) -> np.ndarray:
        return cv2.resize(values.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)

    bare, sure = 1 - shrunk(face_parts()), shrunk(observation.confidence)
    for covering in job.coverings:
        bare = bare * (1 - shrunk(covering.cover))
    visible = shrunk(observation.unlit * observation.confidence[..., None]) / np.maximum(sure, 1e-4)[..., None]
    drawn = (bare > 0.7) & (sure > SURE)
    made = (bare > 0.5) & (sure < 0.05) & (shrunk(observation.covered) > 0.5)
    if drawn.sum() < ENOUGH or made.sum() < ENOUGH:
        return generated
    (middle, spread), (other, wider) = measured(visible[drawn]), measured(generated[made])
    kept = min(spread / max(wider, 1e-6), 1.0)
    if kept >= ALIKE:
        return generated
    flat = np.clip((ALIKE - kept) / (ALIKE - FLATTER), 0, 1)
    strays = cv2.GaussianBlur(generated - other, (0, 0), COARSE * size)  # finer than that is grain, and lines' own
    hair = np.clip(np.abs(strays).max(-1) / UNLIKE, 0, 1) * shrunk(hairline().grows)  # it may count as skin
    bare = bare * (1 - hair)
    result = generated + flat * bare[..., None] * (middle + kept * strays - generated)
    # where the drawing is visible it stays itself, or its lines would fade into the flat colour beside them
    soft = observation.light.remove(sample(observation.low, observation.places), observation.shade)
    soft = shrunk(soft * observation.confidence[..., None]) / np.maximum(sure, 1e-4)[..., None]
    there = flat * np.clip((sure - 0.1) / (SURE - 0.1), 0, 1)[..., None]
    return np.clip(result + there * (soft - result), 0, 1).astype(np.float32)


def measured(colours: np.ndarray) -> tuple[np.ndarray, float]:
    """(3,) the middle of (n,3) colours and how far half of them stray from it, lines and features aside."""
    middle = np.median(colours, axis=0)
    return middle.astype(np.float32), float(np.median(np.abs(colours - middle) @ LUMINANCE))
