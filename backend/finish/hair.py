"""The unseen scalp wears the portrait's hair as a layer over skin, or skin alone where it is to be bare; the unseen
face wears the beard."""

from __future__ import annotations

import cv2
import numpy as np

from ..imaging.sample import LUMINANCE
from ..observation.hair import FAINT, Hair
from ..observation.observe import Observation
from ..prior.hairline import hairline

#: Share of the skin's colour where no hair is worn but may grow: the networks' hair shines through what is left of it.
BARE = 0.95
#: Reach, as a share of the atlas, over which what the networks made keeps its own light and dark; how far it may go.
REACH, SHADE = 0.1, (0.75, 1.3)


def wear_seen_hair(generated: np.ndarray, observation: Observation, style: str) -> np.ndarray:
    """The unseen scalp and face wear the seen hair and beard. See finish.Finisher."""
    worn = wear_hair(generated, observation.hair)
    if observation.beard is None:
        return worn
    beard = observation.beard.worn
    return lay_over(worn, beard, sized(beard.scalp, len(worn)))


def wear_hair(generated: np.ndarray, hair: Hair | None) -> np.ndarray:
    """(S,S,3) generated skin with a layer of the seen hair over what is unseen, as far as hair covers it.

    Below and beside the layer, and on a bare scalp, there is skin of the plain colour near it: the networks may have
    made hair there, of another colour than the portrait's.
    """
    if hair is None:
        return generated
    grows = cv2.resize(hairline().grows, generated.shape[:2], interpolation=cv2.INTER_LINEAR)
    return lay_over(generated, hair, np.maximum(grows, sized(hair.scalp, len(generated))))


def lay_over(generated: np.ndarray, hair: Hair, where: np.ndarray) -> np.ndarray:
    """(S,S,3) generated skin with a layer of hair over what is unseen of (S,S) 0..1 a region."""
    colour, skin, unseen, cover = (
        sized(part, len(generated)) for part in (hair.colour, hair.skin, hair.unseen, hair.cover)
    )
    below = generated + BARE * (skin - generated)
    layered = below + cover[..., None] * (colour * own_shade(generated, cover)[..., None] - below)
    worn = unseen * where
    return (generated + worn[..., None] * (layered - generated)).astype(np.float32)


def sized(part: np.ndarray, size: int) -> np.ndarray:
    """(size,size,…) of a larger picture."""
    return cv2.resize(part, (size, size), interpolation=cv2.INTER_AREA)


def own_shade(generated: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """(S,S) how much lighter what was generated is than what lies about it, under the same hair: locks, and where it
    thins out."""
    light = generated @ LUMINANCE
    sure, about = (cv2.GaussianBlur(part, (0, 0), REACH * len(cover)) for part in (cover, cover * light))
    return np.clip((light + FAINT) / (about / np.maximum(sure, 1e-3) + FAINT), *SHADE)
