"""Where the scalp and the ears lie, and how hair grows, in canonical coordinates."""

from __future__ import annotations

import numpy as np

#: The scalp begins above the plane y = SCALP_LEVEL + SCALP_SLOPE z (canonical): hairline, top of the ears, nape.
#: There the portrait's hair is painted; below it hair is not skin and is left to the prior.
SCALP_LEVEL, SCALP_SLOPE, SCALP_SOFTNESS = 0.14, 0.68, 0.08
#: Ears lie beyond this canonical distance from the middle, below this height, between these depths (seven heads: their
#: tops are at 0.30 to 0.35, and skulls above are 0.43 to 0.50 wide).
EAR, EAR_TOP, EAR_BACK, EAR_FRONT = 0.43, 0.33, -0.24, 0.14
#: The middle of the skull, the direction from there to the whorl at the back of the crown that hair grows from, and the
#: one across it ahead (25 degrees off upright; the neutral head's skull is 0.45 to 0.6 about that middle).
SKULL, WHORL, AHEAD = np.float32([[0, 0.42, 0.03], [0, 0.906, -0.423], [0, 0.423, 0.906]])


def scalp_share(canonical: np.ndarray) -> np.ndarray:
    """(…,) 0..1: 1 on the scalp, 0 on face, ears and neck."""
    _, y, z = np.moveaxis(canonical, -1, 0)
    above = np.clip((y - SCALP_LEVEL - SCALP_SLOPE * z) / SCALP_SOFTNESS + 0.5, 0, 1)
    return (above * (1 - ear_share(canonical))).astype(np.float32)


def ear_share(canonical: np.ndarray) -> np.ndarray:
    """(…,) 0..1: 1 on the ears, and on what lies below them as far out."""
    x, y, z = np.moveaxis(canonical, -1, 0)
    ear = np.clip((np.abs(x) - EAR) / 0.03 + 0.5, 0, 1) * np.clip((EAR_TOP - y) / 0.06 + 0.5, 0, 1)
    return ear * np.clip((z - EAR_BACK) / 0.06 + 0.5, 0, 1) * np.clip((EAR_FRONT - z) / 0.06 + 0.5, 0, 1)


def from_whorl(canonical: np.ndarray) -> np.ndarray:
    """(…,3) of (…,3) canonical places: turns about the whorl's axis, which hair keeps to as it grows, 0.5 ahead;
    face heights on the skull from the whorl; face heights from its axis."""
    from_middle = canonical - SKULL
    aside, ahead, along = from_middle[..., 0], from_middle @ AHEAD, from_middle @ WHORL
    off = np.hypot(aside, ahead)
    reach = np.arctan2(off, along) * np.hypot(off, along)
    # about the whorl it winds by a third of a turn within a tenth of the face
    turn = np.arctan2(aside, ahead) / (2 * np.pi) + 0.5 + 0.3 * np.exp(-reach / 0.12)
    return np.stack([turn, reach, off], -1).astype(canonical.dtype)
