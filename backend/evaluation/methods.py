"""Every way to complete a held-out texture: plain fills, linear models, our stages, and our stages without a part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from ..models.bundle import Networks
from ..stages import repaint as repainting
from ..stages.inpaint import inpaint
from ..stages.latent import fit_latent
from ..stages.observation import AtlasObservation
from ..texture.compose import fill_unknown
from ..texture.hair import wear_hair
from .fills import FILLS
from .held_out import OBSERVED, Portrayed

LINEAR, OURS = "linear prior (no stage)", "stages 1+2+3"
STAGES = {LINEAR: "", "stage 1": "1", "stages 1+2": "12", OURS: "123"}
BASELINES = (*FILLS, "PCA 24")
#: Channels of repaint_conditions() that hold the gradients of what was seen, and its wavelet band.
CHANNELS = {"gradients": (7, 8), "wavelet band": (9,)}
GUIDANCE = "guidance"


def plain(one: Portrayed, networks: Networks) -> dict[str, np.ndarray]:
    """(S,S,3) per baseline; all see what the pipeline saw, without its light."""
    seen = one.confidence > OBSERVED
    made = {name: fill(one.colour, seen, networks) for name, fill in FILLS.items()}
    return made | {"PCA 24": networks.pca24(one.colour, one.confidence)}


def staged(
    one: Portrayed, networks: Networks, seed: int = 0, wanted: dict[str, str] = STAGES,
) -> dict[str, np.ndarray]:
    """(S,S,3) per list of stages, finished as a job finishes them; what two lists begin with runs once."""
    seen = AtlasObservation(*one.evidence, one.style)
    made = {"": networks.linear.complete(seen.color, seen.confidence)}

    def run(stages: str) -> np.ndarray:
        if stages not in made:
            made[stages] = step(stages[-1], seen, run(stages[:-1]), networks, seed)
        return made[stages]

    return {name: finished(run(stages), one, networks) for name, stages in wanted.items()}


def staged_without(one: Portrayed, networks: Networks, seed: int = 0) -> dict[str, np.ndarray]:
    """(S,S,3) per row of WITHOUT: stages 1 and 2 as they are, stage 3 without something."""
    seen = AtlasObservation(*one.evidence, one.style)
    latent = step("2", seen, step("1", seen, np.zeros(0), networks, seed), networks, seed)
    made = {}
    for name, parts in WITHOUT.items():
        with without(parts):
            made[name] = finished(step("3", seen, latent, networks, seed), one, networks)
    return made


def step(stage: str, seen: AtlasObservation, before: np.ndarray, networks: Networks, seed: int) -> np.ndarray:
    if stage == "1":
        return inpaint(seen, networks, seed=seed)
    if stage == "2":
        return fit_latent(seen, before, networks).color
    return repainting.repaint(seen, before, networks, seed=seed)


def finished(result: np.ndarray, one: Portrayed, networks: Networks) -> np.ndarray:
    """As pipeline.complete leaves it."""
    return wear_hair(fill_unknown(result, networks.known), one.hair)


@contextmanager
def without(parts: Sequence[str]) -> Iterator[None]:
    """Inside, stage 3 gets zeros for some of its conditions, or is not guided at the end.

    The network was trained with them and is not trained anew: this says what the shipped one takes from them.
    """
    conditions, guidance = repainting.repaint_conditions, repainting.GUIDANCE
    channels = [channel for part in parts for channel in CHANNELS.get(part, ())]

    def zeroed(*arguments):
        made = conditions(*arguments).clone()
        made[:, channels] = 0
        return made

    repainting.repaint_conditions = zeroed
    repainting.GUIDANCE = 0.0 if GUIDANCE in parts else guidance
    try:
        yield
    finally:
        repainting.repaint_conditions, repainting.GUIDANCE = conditions, guidance


#: Rows of the ablations: what is taken from stage 3.
WITHOUT = {
    f"{OURS} without gradients": ("gradients",),
    f"{OURS} without wavelet band": ("wavelet band",),
    f"{OURS} without guidance": (GUIDANCE,),
    f"{OURS} without all three": ("gradients", "wavelet band", GUIDANCE),
}
