"""Where the scalp and the ears lie, in canonical coordinates."""

import numpy as np

#: The scalp begins above the plane y = SCALP_LEVEL + SCALP_SLOPE z (canonical): hairline, top of the ears, nape.
#: There the portrait's hair is painted; below it hair is not skin and is left to the prior.
SCALP_LEVEL, SCALP_SLOPE, SCALP_SOFTNESS = 0.14, 0.68, 0.08
#: Ears lie beyond this canonical distance from the middle, below this height, between these depths (seven heads: their
#: tops are at 0.30 to 0.35, and skulls above are 0.43 to 0.50 wide).
EAR, EAR_TOP, EAR_BACK, EAR_FRONT = 0.43, 0.33, -0.24, 0.14


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
