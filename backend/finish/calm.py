"""Bare skin without the stages' finest waves: the grain of the seen skin takes their place (surface/grain.py)."""

from __future__ import annotations

import cv2
import numpy as np

from ..observation.observe import Observation
from ..surface.bare import face_parts
from .flat import DRAWN

#: Texels of the generated atlas: a Gaussian of so many takes 70 % off waves of two texels and 27 % off waves of four.
CALM = 0.5


def calm_skin(generated: np.ndarray, observation: Observation, style: str) -> np.ndarray:
    """Waves of two texels go from generated bare skin: beside photographed skin they had up to twice its power. See
    finish.Finisher."""
    if style in DRAWN:
        return generated
    size = generated.shape[1::-1]
    bare = cv2.resize(1 - face_parts(), size, interpolation=cv2.INTER_AREA)
    if observation.wears_hair:
        bare = bare * (1 - cv2.resize(observation.scalp, size, interpolation=cv2.INTER_AREA))
    return generated + bare[..., None] * (cv2.GaussianBlur(generated, (0, 0), CALM) - generated)
