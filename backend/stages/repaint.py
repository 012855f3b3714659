"""Stage 3: diffusion repainting of fine detail where no portrait shows it (AvatarTex, texture refinement).

Detail is denoised from noise of its own octaves, in units of what is usual at each place; what is visible is imposed at
every step (RePaint, Lugmayr et al., arXiv 2201.09865), so that what is painted goes on from it. The denoiser is given
the completion, the visible detail, the other side's, and how strong it is by octave: beside rough skin it paints
rougher skin. What is still lacking is laid on by example (surface/skin.py).
"""

from __future__ import annotations

import numpy as np

from ..networks.conditions import TIMES, kept_signal
from ..networks.detail import conditions, fine, from_units, how_sure, noised, to_units
from ..networks.planes import to_picture, to_planes
from .stage import Work

STEPS = 2  # with four or eight the detail is noise (docs/decisions/stage-3.md)
#: Texels of the other edge that the atlas gets on either side: it goes around the head.
AROUND = 16


def job_times() -> np.ndarray:
    """(STEPS,) the times that a job goes through: at each the detail is guessed, and noised anew for the next (Sauer et
    al., arXiv 2311.17042)."""
    return np.linspace(TIMES - 1, 0, STEPS + 1).round().astype(np.int64)[:-1]


def repaint(work: Work, completion: np.ndarray, share: float = 1.0) -> np.ndarray:
    """Paint the detail that the completion lacks; visible detail is taken over whatever the share. See stage.Stage."""
    networks, shown = work.networks, work.observation
    sure, usual = how_sure(shown.confidence[..., None]), networks.usual
    visible = to_units(fine(shown.color - completion, sure), usual)
    clean, times = np.zeros_like(completion), job_times() if share else ()
    context = around(conditions(completion, visible, sure, networks.geometry, usual)) if share else None
    kept, random = kept_signal(), np.random.default_rng(work.options.seed)
    for i, time in enumerate(times):
        noisy = around(noised(clean, kept[time], random))
        [made] = networks.repainter(noisy, context, time[None], networks.style(shown.style))
        clean = to_picture(made[0][..., AROUND:-AROUND])
        clean = clean + sure * (visible - clean)
        work.on_step((i + 1) / STEPS)
    painted = fine(share * from_units(clean, usual), np.ones_like(sure))  # tone is not this stage's
    lacking = painted + sure * (from_units(visible, usual) - painted)
    return np.clip(completion + lacking, 0, 1, dtype=np.float32)


def around(picture: np.ndarray) -> np.ndarray:
    """(1,C,S,S+2*AROUND) planes of a picture (S,S,C) that goes around the head."""
    return np.pad(to_planes(picture), ((0, 0),) * 3 + ((AROUND, AROUND),), mode="wrap")
