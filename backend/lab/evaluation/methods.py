"""Every way to complete a held-out texture: plain fills, linear models, our stages, and our stages without a part."""

from __future__ import annotations

import numpy as np

from ...compose.compose import fill_unknown
from ...finish.hair import wear_hair
from ...job import StageOptions
from ...models.bundle import Networks
from ...stages import STAGES as ALL_STAGES
from ...stages.repaint import PARTS
from ...stages.stage import AtlasObservation
from ..pca import complete_plainly
from .fills import FILLS
from .held_out import OBSERVED, Portrayed

LINEAR, OURS = "linear prior (no stage)", "stages 1+2+3"
STAGES = {LINEAR: "", "stage 1": "1", "stages 1+2": "12", OURS: "123"}
#: Their names by number, as rows of tables have them.
NAMES = dict(zip("123", ALL_STAGES, strict=True))
BASELINES = (*FILLS, "PCA 24")
#: Rows of the ablations: what is taken from stage 3. The network was trained with it and is not trained anew: this says
#: what the shipped one takes from it.
WITHOUT = {
    **{f"{OURS} without {part}": frozenset({part}) for part in PARTS},
    f"{OURS} without all three": frozenset(PARTS),
}


def options_of(numbers: str, seed: int = 0, without: frozenset[str] = frozenset()) -> StageOptions:
    """StageOptions that run the stages of these numbers, such as "13"."""
    return StageOptions(tuple(NAMES[number] for number in numbers), seed, without=without)


def plain(one: Portrayed, networks: Networks) -> dict[str, np.ndarray]:
    """(S,S,3) per baseline; all see what the pipeline saw, without its light."""
    seen = one.confidence > OBSERVED
    made = {name: fill(one.colour, seen, networks) for name, fill in FILLS.items()}
    return made | {"PCA 24": complete_plainly(networks, one.colour, one.confidence)}


def staged(one: Portrayed, networks: Networks, seed: int = 0, wanted: dict[str, str] = STAGES) -> dict[str, np.ndarray]:
    """(S,S,3) per list of stages, finished as a job finishes them; what two lists begin with runs once."""
    seen = AtlasObservation(*one.evidence, one.style)
    made = {"": networks.experts.complete(seen.color, seen.confidence)}

    def run(stages: str) -> np.ndarray:
        if stages not in made:
            before = run(stages[:-1])
            made[stages] = ALL_STAGES[NAMES[stages[-1]]](seen, before, networks, StageOptions(seed=seed))
        return made[stages]

    return {name: finished(run(stages), one, networks) for name, stages in wanted.items()}


def staged_without(one: Portrayed, networks: Networks, seed: int = 0) -> dict[str, np.ndarray]:
    """(S,S,3) per row of WITHOUT: stages 1 and 2 as they are, stage 3 without something."""
    seen = AtlasObservation(*one.evidence, one.style)
    latent = networks.experts.complete(seen.color, seen.confidence)
    for stage in ("inpaint", "latent"):
        latent = ALL_STAGES[stage](seen, latent, networks, StageOptions(seed=seed))
    made = {}
    for name, parts in WITHOUT.items():
        result = ALL_STAGES["repaint"](seen, latent, networks, StageOptions(seed=seed, without=parts))
        made[name] = finished(result, one, networks)
    return made


def finished(result: np.ndarray, one: Portrayed, networks: Networks) -> np.ndarray:
    """As completing.complete leaves it."""
    return wear_hair(fill_unknown(result, networks.known), one.hair)
