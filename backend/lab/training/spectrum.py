"""The octaves and channels of stage 1's residuals, for networks/noise.py."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from scipy.optimize import nnls
from torch import Tensor

from ...networks.noise import OCTAVES, sum_octaves
from ...networks.planes import to_planes
from ...networks.sizes import TEXELS


def octave_powers(picture: Tensor, weight: Tensor) -> Tensor:
    """(OCTAVES,) mean square of what each octave adds to the coarser ones, where weight (B,1,S,S) is."""
    found = []
    before, known = picture * weight, weight
    for i in range(len(OCTAVES)):
        last = i + 1 == len(OCTAVES)
        after, left = (F.avg_pool2d(one, 2) for one in (before, known))
        fine, coarse = before / known.clamp(min=1e-3), after / left.clamp(min=1e-3)
        added = fine if last else fine - F.interpolate(coarse, scale_factor=2.0, mode="nearest")
        sure = (known > 0.5).float()
        found.append(float((added.square() * sure).sum() / (3 * sure.sum()).clamp(min=1)))
        before, known = after, left
    return torch.tensor(found)


def white(count: int, deviations: np.ndarray) -> Tensor:
    """(count,3,TEXELS,TEXELS) noise of these deviations by octave."""
    random = np.random.default_rng(0)
    pictures = (sum_octaves((TEXELS, TEXELS, 3), deviations.tolist(), random) for _ in range(count))
    return torch.from_numpy(to_planes(*pictures))


def measure(residual: Tensor, weight: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Deviations of the octaves in the residual's units, and the channels' factor, of (B,3,S,S) and (B,1,S,S)."""
    whole = torch.ones(8, 1, TEXELS, TEXELS)
    given = np.stack([octave_powers(white(8, one), whole).numpy() for one in np.eye(len(OCTAVES))], 1)
    wanted = octave_powers(residual, weight).numpy()
    power, _ = nnls(given / wanted[:, None], np.ones(len(wanted)))
    flat = (residual * weight.sqrt()).permute(1, 0, 2, 3).reshape(3, -1).double().numpy()
    covariance = flat @ flat.T
    factor = np.linalg.cholesky(covariance / np.trace(covariance) * 3)
    return np.sqrt(power), factor
