"""Between stages 1 and 2: hidden skin is like the other side's, as far as the portrait's light and face are even.

How far that is shows on the portrait itself (followed.py): of people in even light half of the way is right, of people
in uneven light nothing of it.
"""

from __future__ import annotations

import numpy as np

from .stage import Work


def mirror(work: Work, completion: np.ndarray, share: float = 1.0) -> np.ndarray:
    """Lead the completion towards what the portrait shows of the other side. See stage.Stage."""
    shown = work.observation
    known = shown.confidence[:, ::-1] * (1 - shown.confidence)
    return completion + share * known[..., None] * (shown.color[:, ::-1] - completion)
