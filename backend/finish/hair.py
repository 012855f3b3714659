"""The unseen scalp wears the portrait's hair, or skin where it is to be bare."""

from __future__ import annotations

import numpy as np

from ..observation.hair import wear_hair
from ..observation.observe import Observation


def wear_seen_hair(generated: np.ndarray, observation: Observation, style: str) -> np.ndarray:
    """The unseen scalp takes the tone of the seen hair. See finish.Finisher."""
    return wear_hair(generated, observation.hair, observation.bare)
