"""The unseen scalp wears the portrait's hair as a layer over skin, or skin alone where it is to be bare; the unseen
face wears the beard."""

from __future__ import annotations

import cv2
import numpy as np

from ..imaging.sample import LUMINANCE
from ..observation.hair import FAINT, Hair
from ..observation.observe import Observation
from ..prior.hairline import hairline

#: Share of the skin's colour on a scalp that is to be bare: the prior's hair shines through what is left of it.
BARE = 0.95
#: Least distance of hair's and skin's colours at which the one is told from the other in what the networks made.
LEAST = 0.1
#: Share of hair in what the networks made from which the skin below has the colour of the skin near it.
MIXED = 0.3
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

    Beside the layer there is skin: what the networks made there of hair, on the way from skin's colour to hair's, is
    taken off. A bare scalp takes the skin's plain colour.
    """
    if hair is None:
        return generated
    grows = cv2.resize(hairline().grows, generated.shape[:2], interpolation=cv2.INTER_LINEAR)
    where = np.maximum(grows, sized(hair.scalp, len(generated)))
    if hair.bare:
        share = (where * sized(hair.unseen, len(generated)))[..., None]
        return (generated + BARE * share * (sized(hair.colour, len(generated)) - generated)).astype(np.float32)
    return lay_over(generated, hair, where)


def lay_over(generated: np.ndarray, hair: Hair, where: np.ndarray) -> np.ndarray:
    """(S,S,3) generated skin with a layer of hair over what is unseen of (S,S) 0..1 a region."""
    colour, skin, unseen, cover = (
        sized(part, len(generated)) for part in (hair.colour, hair.skin, hair.unseen, hair.cover)
    )
    way = colour - skin
    below = without_hair(generated, skin, way)
    layered = below + cover[..., None] * (colour * own_shade(generated, cover)[..., None] - below)
    worn = unseen * where
    return (generated + worn[..., None] * (layered - generated)).astype(np.float32)


def sized(part: np.ndarray, size: int) -> np.ndarray:
    """(size,size,…) of a larger picture."""
    return cv2.resize(part, (size, size), interpolation=cv2.INTER_AREA)


def without_hair(generated: np.ndarray, skin: np.ndarray, way: np.ndarray) -> np.ndarray:
    """(S,S,3) what was generated, less what it has of hair; where that is a good deal, in the near skin's colour:
    lighter skin looks a little like white hair, and would turn orange.

    Args:
        skin: (S,S,3) sRGB near each texel. way: (S,S,3) from it to the hair's colour.
    """
    share = np.clip(((generated - skin) * way).sum(-1) / ((way**2).sum(-1) + LEAST**2), 0, 1)
    less = generated - share[..., None] * way
    grey = skin + ((less - skin) @ LUMINANCE)[..., None]
    return less + np.clip(share / MIXED, 0, 1)[..., None] * (grey - less)


def own_shade(generated: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """(S,S) how much lighter what was generated is than what lies about it, under the same hair: locks, and where it
    thins out."""
    light = generated @ LUMINANCE
    sure, about = (cv2.GaussianBlur(part, (0, 0), REACH * len(cover)) for part in (cover, cover * light))
    return np.clip((light + FAINT) / (about / np.maximum(sure, 1e-3) + FAINT), *SHADE)
