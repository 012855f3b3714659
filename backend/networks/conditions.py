"""Styles, scales and the noise schedule of the networks."""

import itertools
import math

import numpy as np

STYLES = ("photo", "cartoon", "anime", "painting")
SCALE = 0.12  # sRGB; the residual's standard deviation on the training faces
TIMES = 1000  # of the schedule; the denoiser was trained with so many


def kept_signal() -> np.ndarray:
    """(TIMES,) float32 share of the signal's variance that is left at each time: the cosine schedule.

    Nichol and Dhariwal, arXiv 2102.09672, eq. 17; as diffusers' squaredcos_cap_v2.
    """
    level = [math.cos((t / TIMES + 0.008) / 1.008 * math.pi / 2) ** 2 for t in range(TIMES + 1)]
    betas = [min(1 - after / before, 0.999) for before, after in itertools.pairwise(level)]
    return np.cumprod(1 - np.array(betas)).astype(np.float32)
