"""python -m backend.lab evaluate drawn: what the stages are worth on people painted in the styles.

The unlit skin of people who are held out is painted by an operator of each style, a part of it is hidden, and what the
stages make of that part is compared with the painting.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import torch

from ...completing import run_stages, shrink
from ...head.facial_regions import FacialRegions, find_facial_regions
from ...job import StageOptions
from ...models.bundle import Networks, load_networks
from ...networks.planes import to_planes
from ...stages import STAGES
from ...stages.stage import AtlasObservation
from ...styles import paint
from ..faces.observing import Seen
from ..texhub.drawn_styles import NETWORK_STYLE, draw_style
from .features import perceptual_distance
from .hidden import cell, networks_of, parser_for, people_of
from .hidden_parts import SCORED, hide, part
from .hidden_scores import average, decibels, paired
from .metrics import mean_error, table
from .options import write

DRAWN = ("cartoon", "anime", "painting")
PARTS = ("half", "lower")
KEYS = {"psnr": 2, "perceptual": 3}  # measure -> digits
#: Name -> the stages that are run. The first one is what the others are compared with.
WAYS = {"stage 1": ("inpaint",), "1+2": ("inpaint", "latent"), "1+3": ("inpaint", "repaint"), "1+2+3": tuple(STAGES)}


def painted(skin: np.ndarray, style: str, person: str, regions: FacialRegions) -> np.ndarray:
    """(S,S,3) sRGB of (S,S,3), by one of the style's operators; the same for a person every time."""
    random = np.random.default_rng(zlib.crc32(f"{style} {person}".encode()))
    while NETWORK_STYLE[(drawn := draw_style(random))[0]] != style:
        pass
    return paint(drawn[0], skin, regions, drawn[1]).astype(np.float32)


def ways(seen: AtlasObservation, networks: Networks) -> dict[str, np.ndarray]:
    """(S,S,3) by way, each stage as far as it is followed after those before it."""
    evidence = seen.color, seen.confidence
    return {
        name: next(run_stages(evidence, seen.style, networks, [StageOptions(stages)])) for name, stages in WAYS.items()
    }


def measured(made: dict[str, np.ndarray], truth: np.ndarray, weight: np.ndarray) -> dict[str, dict[str, float]]:
    """Way -> psnr (dB) and perceptual distance where the (S,S) weight is."""
    inside = (weight > 0)[..., None]
    pictures = torch.from_numpy(to_planes(*(np.where(inside, one, truth) for one in made.values())))
    mask = torch.from_numpy(weight)[None, None]
    with torch.no_grad():
        distance = perceptual_distance(pictures, torch.from_numpy(to_planes(truth)).expand_as(pictures), mask).tolist()
    return {
        name: {"psnr": decibels(average(((one - truth) ** 2).mean(2), weight)), "perceptual": seen}
        for (name, one), seen in zip(made.items(), distance, strict=True)
    }


def score(people: Sequence[tuple[str, Seen]], networks: Networks) -> dict[str, list[dict]]:
    """Style -> one entry a person: {"id": ..., way -> measure -> mean over the parts}."""
    positions = load_networks("cpu").geometry
    regions, scores = find_facial_regions(positions), {style: [] for style in DRAWN}
    for person, one in people:
        whole = hide(one, np.zeros(one.confidence.shape, bool), positions, networks.skin)
        skin, confidence = shrink(whole.evidence, networks.size)
        for style in DRAWN:
            truth, found = painted(skin, style, person, regions), []
            for name in PARTS:
                hidden = part(name, person, one.confidence)
                weight = np.where(hidden & (confidence > SCORED), confidence, 0).astype(np.float32)
                seen = AtlasObservation(truth, np.where(hidden, 0, confidence).astype(np.float32), style)
                if weight.any():
                    found.append(measured(ways(seen, networks), truth, weight))
            values = {way: {key: float(np.mean([f[way][key] for f in found])) for key in found[0][way]} for way in WAYS}
            scores[style].append({"id": person, **values})
    return scores


def report(scores: dict[str, list[dict]]) -> str:
    """Markdown: the first way's figures, then the others' paired differences to it."""
    base, *others = WAYS
    rows = []
    for style, some in scores.items():
        own = [cell(mean_error([one[base][key] for one in some]), digits) for key, digits in KEYS.items()]
        rows.append([style, base, *own])
        for way in others:
            rows.append([style, way, *(cell(paired(some, way, base, key), d, "+") for key, d in KEYS.items())])
    count = len(next(iter(scores.values())))
    return f"{count} people; differences are paired.\n\n" + table(["style", "stages", "PSNR, dB", "perceptual"], rows)


def main(argv: list[str] | None = None) -> int:
    arguments = parser_for("drawn", __doc__).parse_args(argv)
    networks = networks_of(arguments.weights[0]) if arguments.weights else load_networks("cpu")
    scores = score(list(people_of(arguments)), networks)
    print(report(scores))
    write(arguments.output, scores)
    return 0
