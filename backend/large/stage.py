"""A large profile in a job: refused before any work, shown the face, and called where the shipped stages end."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..job import Completion, Prepared, StageOptions
from ..models.profiles import find_profile
from ..models.store import find_parts
from ..observation.observe import Observation
from ..portrait.decode import decode_portrait
from .paint import crop_face, paint


def refuse_absent_model(name: str) -> None:
    """Raises: AvatarTexError, BAD_REQUEST, MODEL_MISSING or MODEL_UNUSABLE."""
    find_parts(find_profile(name))


def show_face(portrait_path: str, job: Prepared) -> np.ndarray:
    """(n,n,3) sRGB of the portrait, which a large model looks at."""
    return crop_face(decode_portrait(portrait_path).color, job.match.matte.skin)


def paint_large(
    observation: Observation,
    completion: Completion,
    style: str,
    device: str,
    options: StageOptions,
    on_step: Callable[[float], None],
) -> Completion:
    """The completion at the size of the options' profile, painted by it where nothing was seen.

    Raises:
        AvatarTexError: MODEL_MISSING, MODEL_UNUSABLE, OUT_OF_MEMORY.
    """
    unlit, confidence = observation.evidence
    face = completion if options.face is None else options.face
    profile = find_profile(options.profile)
    return paint(profile, unlit, confidence, completion, face, style, options.seed, device, on_step)
