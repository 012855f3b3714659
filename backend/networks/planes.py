"""Pictures (H,W,C) as the networks take and give them: planes, several at once."""

from collections.abc import Callable

import numpy as np

#: Arrays to arrays.
Network = Callable[..., tuple[np.ndarray, ...]]


def to_planes(*pictures: np.ndarray) -> np.ndarray:
    """(B,C,H,W) float32 of B pictures (H,W,C)."""
    return np.stack([picture.transpose(2, 0, 1) for picture in pictures]).astype(np.float32)


def to_picture(planes: np.ndarray) -> np.ndarray:
    """(H,W,C) of (C,H,W)."""
    return np.ascontiguousarray(planes.transpose(1, 2, 0))
