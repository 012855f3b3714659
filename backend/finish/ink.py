"""Black-and-white, sepia and other pictures of one ink: what the networks complete takes the same tones."""

import cv2
import numpy as np

from ..imaging.sample import LUMINANCE
from ..job import Prepared

#: Pixels across, at which noise and the traces of compression are gone.
SMALL = 128
#: Colour that one ink leaves unexplained at most (root mean square), and the most that it has (difference of channels);
#: a drawing of skin, black and white has more.
UNEXPLAINED, PALEST = 0.01, 0.2
#: What the rest of the picture counts beside the head; it settles tones that the head does not have.
BESIDE = 0.01
#: Contrast needed to say anything: standard deviation of luminance.
CONTRAST = 0.05


def find_ink(picture: np.ndarray, head: np.ndarray) -> np.ndarray | None:
    """(3,3) the head's colour of each luminance: channels minus luminance, as powers 0 to 2 of it; None where the
    picture is in colour.

    Args:
        picture: (H,W,3) the whole portrait, sRGB. head: (H,W) 0..1, where it shows skin or hair.
    """
    scale = min(1.0, SMALL / max(picture.shape[:2]))
    small, weight = (
        cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        for part in (picture, head.astype(np.float32))
    )
    colours, root = small.reshape(-1, 3), np.sqrt(weight.reshape(-1, 1) + BESIDE)
    value = colours @ LUMINANCE
    if value.std() < CONTRAST:
        return None
    powers, tint = value[:, None] ** np.arange(3), colours - value[:, None]
    everywhere, ink = (np.linalg.lstsq(powers * by, tint * by, rcond=None)[0] for by in (1.0, root))
    explained = powers @ everywhere
    unexplained = np.sqrt(((tint - explained) ** 2).mean())
    return ink if unexplained < UNEXPLAINED and np.ptp(explained, axis=1).max() < PALEST else None


def print_in_ink(generated: np.ndarray, job: Prepared) -> np.ndarray:
    """What was generated for a black-and-white or sepia portrait takes its tones. See finish.Finisher."""
    view = job.views[0]
    return printed(generated, find_ink(view.observation.portrait, np.maximum(view.observation.mask, view.person)))


def printed(colour: np.ndarray, ink: np.ndarray | None) -> np.ndarray:
    """(…,3) float32 sRGB in that ink, with its own light and dark; as it is without one."""
    if ink is None:
        return colour
    value = (colour @ LUMINANCE)[..., None]
    return np.clip(value + value ** np.arange(3) @ ink, 0, 1).astype(np.float32)
