"""What the artist wants of the portrait's light on the texture: keep it, even it out, or remove it.

The smooth light comes from the normals (light.py). What it cannot explain, cast shadows above all, is taken from the
completed atlas: priors and stage 1 make skin without it, so at large scale the difference of the two is light.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..imaging.sample import to_linear, to_srgb
from .observe import Observation

#: How much of the light each choice takes out, as a power of it.
TAKEN = {"keep": 0.0, "even": 0.5, "remove": 1.0}
#: Leftover light is coarser than this share of the atlas, and never a stronger ratio than this either way.
COARSE, STRONGEST = 0.05, 2.5


def relighting(observation: Observation, generated: np.ndarray, choice: str) -> np.ndarray | None:
    """(S,S,3) what to multiply the portrait's linear light by, per atlas texel; None to keep it.

    Args:
        generated: (a,a,3) sRGB atlas of the three stages, without light. choice: a name of options.LIGHT.
    """
    if not TAKEN[choice]:
        return None
    size = len(observation.confidence)
    expected = to_linear(cv2.resize(generated, (size, size), interpolation=cv2.INTER_LINEAR))
    unlit = to_linear(observation.unlit)
    weight = (observation.confidence * observation.covered).astype(np.float32)[..., None]

    def coarse(values: np.ndarray) -> np.ndarray:
        pad = size // 8
        around = cv2.copyMakeBorder(values, 0, 0, pad, pad, cv2.BORDER_WRAP)
        return cv2.GaussianBlur(around, (0, 0), COARSE * size)[:, pad:-pad]

    # where little was seen, nothing is left over
    leftover = (coarse(expected * weight) + 0.002) / (coarse(unlit * weight) + 0.002)
    gain = np.clip(leftover / observation.shade[..., None], 1 / STRONGEST, STRONGEST)
    return (gain if observation.evened is None else gain * observation.evened) ** TAKEN[choice]


def exposed(generated: np.ndarray, observation: Observation, choice: str) -> np.ndarray:
    """(a,a,3) generated skin in the exposure that the portrait keeps, or skin from the back would meet it with a step.

    Args:
        generated: (a,a,3) sRGB without light. choice: a name of options.LIGHT.
    """
    weight = observation.confidence * observation.covered
    level = float((np.log(observation.shade) * weight).sum() / max(float(weight.sum()), 1e-6))
    return relit(generated, np.exp(level * (1 - TAKEN[choice])))


def relit(srgb: np.ndarray, gain: np.ndarray | float) -> np.ndarray:
    """(…,3) sRGB multiplied by (…,3) or one number in linear light, in range."""
    return to_srgb(np.clip(to_linear(srgb) * gain, 0, 1))
