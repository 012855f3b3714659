"""Ways to complete what a portrait does not show, of one signature: (evidence, networks, seed) to (S,S,3) unlit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from ...completing import run_stages, shrink
from ...compose.compose import fill_unknown
from ...job import StageOptions
from ...models.bundle import Networks
from ...stages import STAGES as ALL_STAGES
from ..pca import complete_alone
from .fills import fill_by_mirror, push_pull
from .hidden_parts import Evidence

Method = Callable[[Evidence, Networks, int], np.ndarray]
#: Confidence from which plain fills take a texel for seen.
SEEN = 0.3
#: The stages' names by number, as rows of tables have them; m: the other side.
NAMES = dict(zip("1m23", ALL_STAGES, strict=True))


def mirror(evidence: Evidence, networks: Networks, seed: int) -> np.ndarray:
    """The other half of the face, and what neither half shows from its surroundings."""
    colour, confidence = shrink(evidence, networks.size)
    return fill_by_mirror(colour, confidence > SEEN)


def surroundings(evidence: Evidence, networks: Networks, seed: int) -> np.ndarray:
    """Push-pull alone."""
    colour, confidence = shrink(evidence, networks.size)
    return push_pull(colour, (confidence > SEEN).astype(np.float32))


def mean(evidence: Evidence, networks: Networks, seed: int) -> np.ndarray:
    """The prior's mean skin, brought to the seen skin's tone."""
    colour, confidence = shrink(evidence, networks.size)
    usual = cv2.resize(networks.linear.mean, confidence.shape[::-1], interpolation=cv2.INTER_CUBIC)
    sure = confidence > SEEN
    gain = np.median(colour[sure], axis=0) / np.maximum(np.median(usual[sure], axis=0), 0.01) if sure.any() else 1.0
    return np.clip(usual * gain, 0, 1).astype(np.float32)


def linear(evidence: Evidence, networks: Networks, seed: int) -> np.ndarray:
    """The linear prior and no stage."""
    return complete_alone(networks.linear, *shrink(evidence, networks.size))


def options_of(numbers: str, seed: int = 0) -> StageOptions:
    """StageOptions that run the stages of these numbers, such as "13"."""
    return StageOptions(tuple(NAMES[number] for number in numbers), seed)


def staged(numbers: str) -> Method:
    """The product's own stages, e.g. "12"; a seed other than 0 is a sample."""

    def run(evidence: Evidence, networks: Networks, seed: int) -> np.ndarray:
        options = replace(options_of(numbers, seed), another=seed != 0)
        return fill_unknown(next(run_stages(evidence, "photo", networks, [options])), networks.known)

    return run


FILLS: dict[str, Method] = {"mean skin": mean, "surroundings": surroundings, "mirror": mirror}
LINEAR, PRIORS, FIRST, SIDES = "prior of painted skins", "both priors", "stage 1", "stage 1 and the other side"
MEAN, STAGES = "stages 1+2: the mean", "stages 1+2+3: what ships"
LEARNT: dict[str, Method] = {
    LINEAR: linear,
    PRIORS: staged(""),
    FIRST: staged("1"),
    SIDES: staged("1m"),
    MEAN: staged("1m2"),
    STAGES: staged("1m23"),
}
#: What ships without a stage that others go on from.
WITHOUT: dict[str, Method] = {"stages 1+3": staged("1m3"), "stages 2+3": staged("m23")}
