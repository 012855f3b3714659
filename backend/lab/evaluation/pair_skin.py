"""Skin of two pictures of one person in the atlas: the first completed alone, the second asked.

The completion of the first picture is put under the second's estimated light and compared with the second's photograph,
where both show skin and where the first does not. Two cameras differ in exposure and tint, so everything is measured as
it is and in one tone: with the median ratio of the two unlit skins in linear light, by channel, over what both show. No
completion enters that ratio, so none gains by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...imaging.sample import to_linear, to_srgb
from ...models.bundle import Networks
from ..faces.observing import About, Seen, scalp_of
from .hidden_methods import FILLS, LEARNT, STAGES, Method
from .hidden_parts import SCORED, Hidden, hide
from .hidden_scores import measure, perceptual

#: A texel whose share in the picture is below this is not shown: no completion is given anything of it.
UNSEEN = 0.01
#: Texels of 256 x 256 that a comparison needs.
LEAST = 300
PLACES, TONES = ("both show", "only the second shows"), ("as it is", "in one tone")
PARTS = tuple(f"{place}, {tone}" for place in PLACES for tone in TONES)
PHOTOGRAPH, STRANGER = "first photograph", "a stranger's completion"
METHODS: dict[str, Method] = {"mirror": FILLS["mirror"], **LEARNT}

Values = dict[str, float]


@dataclass(frozen=True)
class Picture:
    """One picture, observed and completed alone, (S,S) texels.

    cases: by network, what a job would know, and the photograph under its estimated light. made: method -> (network,
    (S,S,3) unlit sRGB). skin: (S,S) confidence where it is neither scalp nor hair. shown: (S,S) 0..1.
    """

    person: str
    path: Path
    about: About
    cases: dict[str, Hidden]
    made: dict[str, tuple[str, np.ndarray]]
    skin: np.ndarray
    shown: np.ndarray


def complete(
    person: str,
    path: Path,
    seen: Seen,
    about: About,
    networks: Mapping[str, Networks],
    methods: Mapping[str, tuple[str, Method]],
) -> Picture:
    """A picture by all methods.

    Args:
        networks: by name, the bundled ones under "". methods: name -> (network's name, method).
    """
    positions = networks[""].geometry
    nothing = np.zeros(seen.confidence.shape, bool)
    cases = {which: hide(seen, nothing, positions, one.skin) for which, one in networks.items()}
    made = {name: (which, run(cases[which].evidence, networks[which], 0)) for name, (which, run) in methods.items()}
    skin = seen.confidence * (1 - scalp_of(positions)) * (1 - seen.hair)
    return Picture(person, path, about, cases, made, skin.astype(np.float32), seen.shown)


def weights(first: Picture, second: Picture) -> dict[str, np.ndarray]:
    """Place -> (S,S) by which texels count; 0 where they do not."""
    both = np.minimum(first.skin, second.skin)
    alone = second.skin * (first.shown < UNSEEN)
    return {place: np.where(one > SCORED, one, 0) for place, one in zip(PLACES, (both, alone), strict=True)}


def tint(first: Picture, second: Picture, which: str = "") -> np.ndarray:
    """(3,) gain of linear light from the first picture's unlit skin to the second's; 1 where hardly any is shared."""
    both = weights(first, second)[PLACES[0]] > 0
    if both.sum() < LEAST:
        return np.ones(3, np.float32)
    one, other = (to_linear(some.cases[which].skin[0][both]) for some in (first, second))
    return np.median(other / np.maximum(one, 1e-3), axis=0)


def compare(first: Picture, second: Picture, stranger: Picture | None = None) -> dict[str, dict[str, Values]]:
    """Part -> method -> measures of hidden_scores, in the last part also perceptual; a part is empty where fewer than
    LEAST texels tell of it."""
    found: dict[str, dict[str, Values]] = {part: {} for part in PARTS}
    for place, weight in weights(first, second).items():
        if (weight > 0).sum() < LEAST:
            continue
        cases = {which: replace(case, weight=weight) for which, case in second.cases.items()}
        made = {name: (first, *one) for name, one in first.made.items()}
        if place == PLACES[0]:
            made = {PHOTOGRAPH: (first, "", first.cases[""].skin[0])} | made
        if stranger is not None:
            made[STRANGER] = (stranger, *stranger.made[STAGES])
        for tone in TONES:
            told: dict[str, Values] = {}
            toned: dict[str, dict[str, np.ndarray]] = {}
            for name, (source, which, skin) in made.items():
                gain = tint(source, second, which) if tone == TONES[1] else 1
                toned.setdefault(which, {})[name] = to_srgb(to_linear(skin) * gain)
                told[name] = measure(toned[which][name], cases[which])
            for which, skins in toned.items() if f"{place}, {tone}" == PARTS[-1] else ():
                for name, distance in perceptual(skins, cases[which]).items():
                    told[name]["perceptual"] = distance
            found[f"{place}, {tone}"] = told
    return found
