"""The portrait's light on the skin: what it takes to lose it, and what puts it onto skin that nobody saw.

The smooth light comes from the normals (light.py). What it cannot explain, cast shadows above all, is taken from the
completed atlas: priors and stage 1 make skin without it, so at large scale the difference of the two is light.
"""

import cv2
import numpy as np

from ..imaging.bands import gaussian
from ..imaging.sample import to_linear
from .observe import SURE, Observation
from .tone import fade_from

#: Leftover light is never a stronger ratio than this either way.
STRONGEST = 2.5


def relighting(observation: Observation, generated: np.ndarray) -> np.ndarray:
    """(S,S,3) what to multiply the portrait's linear light by, per atlas texel, so that none of it is left.

    Args:
        generated: (a,a,3) sRGB atlas of the three stages, without light.
    """
    size = len(observation.confidence)
    expected = to_linear(cv2.resize(generated, (size, size), interpolation=cv2.INTER_LINEAR))
    unlit = to_linear(observation.unlit)
    weight = (observation.confidence * observation.covered).astype(np.float32)[..., None]

    def coarse(values: np.ndarray) -> np.ndarray:
        pad = size // 8
        around = cv2.copyMakeBorder(values, 0, 0, pad, pad, cv2.BORDER_WRAP)
        return gaussian(around, 0.05 * size)[:, pad:-pad]  # leftover light is coarser

    # where little is visible, nothing is left over
    leftover = (coarse(expected * weight) + 0.002) / (coarse(unlit * weight) + 0.002)
    gain = np.clip(leftover / observation.shade[..., None], 1 / STRONGEST, STRONGEST)
    return gain if observation.evened is None else gain * observation.evened


def light_beside(observation: Observation, gain: np.ndarray) -> np.ndarray:
    """(S,S,3) linear gain that puts the portrait's light back: beside what it shows it goes on, and further away it is
    the exposure, or skin from the back would meet the front with a step.

    Args:
        gain: (S,S,3) of relighting().
    """
    weight = np.clip(observation.confidence / SURE, 0, 1).astype(np.float32)
    level = np.log(observation.exposure)
    apart = (-np.log(gain) - level) * (weight > 0.05)[..., None]
    return np.exp(level + fade_from(apart, weight)[0]).astype(np.float32)


def rooted(gain: np.ndarray | float) -> np.ndarray:
    """(…) of linear gains: what relit() takes, which needs no power per texel."""
    return np.asarray(gain, np.float32) ** np.float32(1 / 2.4)


def relit(srgb: np.ndarray, root: np.ndarray | None) -> np.ndarray:
    """(…,3) sRGB multiplied in linear light by gains whose roots these are (rooted()); as it is without.

    sRGB is 1.055 L^(1/2.4) - 0.055 but for its darkest twenty-fifth, which is multiplied as if it were.
    """
    return srgb if root is None else np.clip((srgb + np.float32(0.055)) * root - np.float32(0.055), 0, 1)
